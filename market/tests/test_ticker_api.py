"""GET /market/ticker/{symbol} and /market/price."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from market.models import Instrument
from market.quotes import Quote
from market.sources import CATALOGUE

TICKER = "/api/v1/market/ticker"
PRICE = "/api/v1/market/price"

pytestmark = pytest.mark.django_db


class OldSource:
    """Quotes everything as it was an hour ago."""

    def quotes(self, instruments, *, now):
        hour = timedelta(hours=1)
        return {row.id: Quote(row.id, Decimal("99.50"), Decimal(101), Decimal(100), now - hour) for row in instruments}


class SilentSource:
    """Knows no price."""

    def quotes(self, instruments, *, now):
        return {}


def test_ticker_gives_a_price_between_bid_and_ask(client):
    body = client.get(f"{TICKER}/BTCUSDT").json()
    assert body.keys() == {"symbol", "price", "bid", "ask", "timestamp", "age_seconds", "stale"}
    assert body["symbol"] == "BTCUSDT"
    assert Decimal(body["bid"]) < Decimal(body["price"]) < Decimal(body["ask"])
    assert body["timestamp"].endswith("Z")
    assert 0 <= body["age_seconds"] < 1
    assert body["stale"] is False


@pytest.mark.parametrize("spelling", ["BTC-USDT", "BTC/USDT", "BTC/USDT:USDT", "BINANCE:BTCUSDT.P"])
def test_ticker_is_found_under_any_spelling(client, spelling):
    assert client.get(f"{TICKER}/{spelling}").json()["symbol"] == "BTCUSDT"


def test_old_quote_is_shown_as_stale(client, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "synthetic", OldSource())
    body = client.get(f"{TICKER}/BTCUSDT").json()
    assert (body["price"], body["bid"], body["stale"]) == ("100", "99.5", True)
    assert body["age_seconds"] == 3600


def test_instrument_without_a_price_is_a_503(client, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "synthetic", SilentSource())
    answer = client.get(f"{TICKER}/BTCUSDT")
    assert answer.status_code == 503
    assert answer.json()["code"] == "NO_QUOTE"


def test_suspended_instrument_is_quoted(client):
    Instrument.objects.filter(symbol="BTCUSDT").update(status="suspended")
    assert client.get(f"{TICKER}/BTCUSDT").status_code == 200


def test_price_answers_as_the_ticker_does(client, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "synthetic", OldSource())
    moment = timezone.now()
    monkeypatch.setattr("market.api.views.timezone.now", lambda: moment)
    assert client.get(PRICE, {"symbol": "BTC/USDT"}).json() == client.get(f"{TICKER}/BTCUSDT").json()


def test_price_of_a_category_is_that_of_its_market(client):
    assert client.get(PRICE, {"symbol": "BTCUSDT", "category": "LINEAR"}).json()["symbol"] == "BTCUSDT"


@pytest.mark.parametrize("path", [f"{TICKER}/BTCUSDT?category=spot", f"{PRICE}?symbol=BTCUSDT&category=spot"])
def test_category_without_that_market_is_a_404(client, path):
    assert client.get(path).json()["code"] == "UNKNOWN_SYMBOL"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "symbol"),
        ("symbol=", "symbol"),
        ("symbol=BTC%00USDT", "symbol"),
        ("symbol=" + "X" * 65, "symbol"),
        ("symbol=BTCUSDT&category=swap", "category"),
    ],
)
def test_junk_query_is_refused_by_name(client, query, field):
    answer = client.get(f"{PRICE}?{query}")
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_price_of_an_unknown_symbol_is_a_404(client):
    answer = client.get(PRICE, {"symbol": "TVC:DXY"})
    assert answer.status_code == 404
    assert "TVC:DXY is an index" in answer.json()["detail"]


def test_ticker_costs_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get(f"{TICKER}/BINANCE:BTCUSDT.P")


@pytest.mark.parametrize("path", [f"{TICKER}/BTCUSDT", f"{PRICE}?symbol=BTCUSDT"])
def test_stranger_is_refused(anonymous, path):
    assert anonymous.get(path).status_code == 401
