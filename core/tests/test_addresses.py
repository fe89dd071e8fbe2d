"""A client's address is what our own proxies saw, never what the client says of itself."""

from io import BytesIO

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from core.addresses import client_address

PEER = "10.0.0.9"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", PEER),
        (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2, 3.3.3.3", "2.2.2.2"),
        (3, "1.1.1.1, 2.2.2.2", PEER),
        (1, "", PEER),
        (1, "1.1.1.1, nonsense", PEER),
        (1, "[nonsense", PEER),
        (1, "2.2.2.2:5678", "2.2.2.2"),
        (1, "[2001:db8::1]:80", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_nth_hop_from_the_right_counts(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=PEER, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address


def test_a_header_of_several_lines_is_one_list(settings):
    settings.TRUSTED_PROXIES = 1
    lines = [(b"x-forwarded-for", b"1.1.1.1, 9.9.9.9"), (b"x-forwarded-for", b"2.2.2.2")]
    scope = {"type": "http", "method": "GET", "path": "/", "client": [PEER, 1], "headers": lines}
    assert client_address(ASGIRequest(scope, BytesIO())) == "2.2.2.2"
