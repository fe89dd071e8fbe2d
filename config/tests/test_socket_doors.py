"""Every address of a WebSocket opens by any of three proofs, closes when none comes, and answers a ping."""

import pytest
from django.test import Client

from accounts import consumers
from config.tests.routes import socket_routes
from config.tests.talking import Conversation, talk, token_of

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = [route for route in socket_routes() if route != "/"]
OURS = ((b"origin", b"http://localhost:8000"), (b"host", b"localhost:8000"))


@pytest.fixture(params=PATHS)
def path(request, tom, account_of):
    """An address of tom's own."""
    return request.param.format(user_id=tom.pk, account_id=account_of(tom).pk, symbol="BTCUSDT")


@pytest.fixture
def proofs(tom):
    """Address, headers and first messages by each way of proving oneself."""
    browser = Client()
    browser.force_login(tom)
    cookie = (b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode())
    return {
        "address": (f"?token={token_of(tom)}", OURS, []),
        "first message": ("", OURS, [{"token": token_of(tom)}]),
        "cookie": ("", (*OURS, cookie), []),
    }


async def pong(peer):
    while (message := await peer.hear()) is not None and message["type"] != "pong":
        continue
    return message


@pytest.mark.parametrize("way", ["address", "first message", "cookie"])
def test_each_proof_opens_it_and_a_ping_is_answered(path, proofs, way):
    query, headers, first = proofs[way]

    async def work():
        async with Conversation(path + query, headers) as peer:
            for message in [*first, {"type": "ping"}]:
                await peer.say(**message)
            return await pong(peer)

    assert talk(work) == {"type": "pong"}


def test_it_is_closed_when_no_proof_comes_in_time(path, monkeypatch):
    monkeypatch.setattr(consumers, "PROOF_SECONDS", 0.05)

    async def work():
        async with Conversation(path, OURS) as peer:
            return await peer.hear(), peer.code

    assert talk(work) == (None, 4401)
