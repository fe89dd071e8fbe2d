"""Asking for JSON: lists as well as objects, a key in a header that shows up nowhere, refusals told from outages."""

import pytest

from market.sources.base import SourceDown, SourceRefused
from market.sources.http import JsonClient
from market.tests.bybit_server import hang_up, says

KEY = "Key-of-the-desk"


def test_a_list_is_an_answer(exchange):
    exchange.fault = says("[1, 2]")
    assert JsonClient().get_json(exchange.url, {}) == [1, 2]


def test_where_an_object_is_wanted_a_list_is_none(exchange):
    exchange.fault = says("[1, 2]")
    with pytest.raises(SourceDown, match="not a JSON object"):
        JsonClient().get(exchange.url, {})


def test_headers_are_sent_with_the_one_request(exchange):
    seen = []
    exchange.fault = lambda handler: (seen.append(handler.headers.get("X-Key")), handler.say("{}"))
    client = JsonClient()
    client.get_json(exchange.url, {}, headers={"X-Key": KEY})
    client.get_json(exchange.url, {})
    assert seen == [KEY, None]


@pytest.mark.parametrize("fault", [says(KEY, 401), says(KEY, 500), says(KEY), hang_up])
def test_the_key_is_in_no_error(exchange, caplog, fault):
    exchange.fault = fault
    with pytest.raises(SourceDown) as down:
        JsonClient().get_json(exchange.url, {}, headers={"X-Key": KEY})
    assert KEY not in f"{down.value!r}{caplog.text}"


def test_a_refusal_names_its_status(exchange):
    exchange.fault = says("{}", 404)
    with pytest.raises(SourceRefused) as refused:
        JsonClient().get_json(exchange.url, {})
    assert refused.value.http_status == 404


def test_a_fault_of_the_server_is_no_refusal(exchange):
    exchange.fault = says("{}", 500)
    with pytest.raises(SourceDown) as down:
        JsonClient().get_json(exchange.url, {})
    assert not isinstance(down.value, SourceRefused)
