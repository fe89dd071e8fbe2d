"""GET /market/instruments and /market/instruments/{symbol}."""

import uuid

import pytest

from market.models import Instrument

LIST = "/api/v1/market/instruments"

pytestmark = pytest.mark.django_db


def symbols(answer) -> list[str]:
    return [item["symbol"] for item in answer.json()["items"]]


def test_list_holds_every_instrument_by_symbol(client):
    answer = client.get(LIST)
    assert answer.status_code == 200
    assert symbols(answer) == sorted(Instrument.objects.values_list("symbol", flat=True))
    assert {name: answer.json()[name] for name in ("total", "limit", "offset")} == {
        "total": 9,
        "limit": 50,
        "offset": 0,
    }


def test_list_is_cut_into_pages(client):
    answer = client.get(LIST, {"limit": 2, "offset": 1})
    assert symbols(answer) == ["BTC-USD", "BTCUSDT"]


def test_page_size_out_of_range_is_refused(client):
    assert client.get(LIST, {"limit": 101}).status_code == 422


def test_item_shows_numbers_as_plain_strings(client):
    item = client.get(LIST, {"symbol": "BTCUSDT"}).json()["items"][0]
    assert uuid.UUID(item["id"]) == Instrument.objects.get(symbol="BTCUSDT").id
    assert item | {"type": "linear", "tick_size": "0.1", "lot_size": "0.001", "commission_rate": "0.0002"} == item
    assert item | {"base": "BTC", "quote": "USDT", "settle": "USDT", "max_leverage": 100, "allows_short": True} == item
    assert item["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"symbol": "BTC-USD"}, ["BTC-USD"]),
        ({"symbol": "doge"}, ["DOGEUSDT"]),
        ({"symbol": "nothing"}, []),
        ({"type": "forex"}, ["EURUSD"]),
        ({"type": "FUTURE"}, ["BTC-FUT", "SPX-FUT"]),
        ({"type": "spot", "symbol": "eth"}, ["ETH-USD"]),
        ({"status": "Suspended"}, ["SOLUSDT"]),
    ],
)
def test_list_is_filtered(client, query, expected):
    Instrument.objects.filter(symbol="SOLUSDT").update(status="suspended")
    assert symbols(client.get(LIST, query)) == expected


@pytest.mark.parametrize(
    ("name", "value"), [("type", "swap"), ("status", "open"), ("symbol", "BTC\x00"), ("symbol", "X" * 65)]
)
def test_junk_filter_is_refused_by_name(client, name, value):
    answer = client.get(LIST, {name: value})
    assert answer.status_code == 422
    assert name in answer.json()["errors"]


def test_list_costs_two_queries_whatever_its_length(client, django_assert_num_queries):
    with django_assert_num_queries(2):
        client.get(LIST)


@pytest.mark.parametrize("spelling", ["BTCUSDT", "btc-usdt", "BTC/USDT", "BTC%2FUSDT", "BINANCE:BTCUSDT.P", "BTCUSDT/"])
def test_instrument_is_found_under_any_spelling(client, spelling):
    answer = client.get(f"{LIST}/{spelling}")
    assert answer.status_code == 200
    assert answer.json()["symbol"] == "BTCUSDT"


def test_instrument_of_the_list_and_alone_are_the_same(client):
    assert client.get(f"{LIST}/EURUSD").json() == client.get(LIST, {"symbol": "EURUSD"}).json()["items"][0]


def test_suspended_instrument_is_shown_as_such(client):
    Instrument.objects.filter(symbol="BTCUSDT").update(status="suspended")
    assert client.get(f"{LIST}/BTCUSDT").json()["status"] == "suspended"


def test_unknown_symbol_is_a_404_that_names_what_is_near(client):
    answer = client.get(f"{LIST}/BTCUSDC")
    assert answer.status_code == 404
    assert answer.json()["code"] == "UNKNOWN_SYMBOL"
    assert "BTCUSDT" in answer.json()["detail"]


@pytest.mark.parametrize(
    "text", ["NQ1!", "BTCUSD.P", "%00", "BTC%00USDT", "%ED%A0%80", "%FF", "X" * 200, "..%2F..%2Fx"]
)
def test_junk_symbol_is_a_404(client, text):
    assert client.get(f"{LIST}/{text}").status_code == 404


def test_writing_is_not_offered(client):
    assert client.post(LIST, {}).status_code == 405


@pytest.mark.parametrize("path", [LIST, f"{LIST}/BTCUSDT"])
def test_stranger_is_refused(anonymous, path):
    assert anonymous.get(path).status_code == 401
