"""/log: what programs did and thought, kept as it was said, found by a part of the symbol."""

from datetime import UTC, datetime

import pytest

from strategies.models import LogEntry
from strategies.services.log import write_log

ADDRESS = "/api/v1/log"
BODY = {"symbol": "btcusdt", "action": {"do": "buy", "at": 50000.5}, "analysis": ["rsi", 28.25, None, {"deep": True}]}


@pytest.fixture
def entries(tom):
    days = [("BTCUSDT", 1), ("ETHUSDT", 2), ("BTC-USD", 3)]
    return [write_log(owner=tom, symbol=name, now=datetime(2026, 3, day, 12, tzinfo=UTC)) for name, day in days]


def symbols(client, **query):
    return [row["symbol"] for row in client.get(ADDRESS, query).json()["items"]]


def test_an_entry_is_answered_as_it_was_said(client, tom):
    answer = client.post(ADDRESS, BODY)
    assert (answer.status_code, answer.json()["symbol"]) == (201, "BTCUSDT")
    [kept] = client.get(ADDRESS).json()["items"]
    assert (kept["action"], kept["analysis"]) == (BODY["action"], BODY["analysis"])
    assert LogEntry.objects.get().owner == tom


@pytest.mark.parametrize("value", ["text", 7, False, None, [], {}])
def test_action_and_analysis_are_any_json(client, value):
    body = client.post(ADDRESS, {"symbol": "X", "action": value, "analysis": value}).json()
    assert (body["action"], body["analysis"]) == (value, value)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"symbol": ""}, "symbol"),
        ({"symbol": "x" * 65}, "symbol"),
        ({"symbol": "ß" * 64}, "symbol"),
        ({"symbol": 5}, "symbol"),
        ({"note": 1}, "note"),
    ],
)
def test_a_wrong_field_is_a_422_that_names_it(client, asked, field):
    answer = client.post(ADDRESS, BODY | asked)
    assert (answer.status_code, list(answer.json()["errors"]), LogEntry.objects.count()) == (422, [field], 0)


def test_a_number_that_would_be_rounded_is_refused(client):
    body = '{"symbol": "X", "analysis": {"a": 0.1234567890123456789}}'
    answer = client.generic("POST", ADDRESS, body, "application/json")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["analysis"])


def test_the_newest_come_first(client, entries):
    assert symbols(client) == ["BTC-USD", "ETHUSDT", "BTCUSDT"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"symbol": "btc"}, ["BTC-USD", "BTCUSDT"]),
        ({"symbol": "%"}, []),
        ({"symbol": "_"}, []),
        ({"start_date": "2026-03-02"}, ["BTC-USD", "ETHUSDT"]),
        ({"end_date": "2026-03-02"}, ["ETHUSDT", "BTCUSDT"]),
        ({"start_date": "2026-03-02T00:00:00Z", "end_date": "2026-03-02T11:00:00Z"}, []),
        ({"limit": "1", "offset": "1"}, ["ETHUSDT"]),
    ],
    ids=str,
)
def test_the_list_is_narrowed(client, entries, query, found):
    assert symbols(client, **query) == found


def test_a_date_that_is_none_is_a_422(client):
    assert client.get(ADDRESS, {"start_date": "soon"}).status_code == 422


def test_each_symbol_is_told_once_in_order(client, entries, tom):
    write_log(owner=tom, symbol="BTCUSDT", now=entries[0].created_at)
    body = client.get(f"{ADDRESS}/symbols").json()
    assert (body["items"], body["total"]) == (["BTC-USD", "BTCUSDT", "ETHUSDT"], 3)


def test_a_stranger_sees_nothing_and_an_admin_all(client_of, mallory, ada, entries):
    assert symbols(client_of(mallory)) == []
    assert client_of(mallory).get(f"{ADDRESS}/symbols").json()["items"] == []
    assert len(symbols(client_of(ada))) == 3


def test_a_viewer_writes_nothing(client_of, vic):
    assert (client_of(vic).post(ADDRESS, BODY).status_code, LogEntry.objects.count()) == (403, 0)
