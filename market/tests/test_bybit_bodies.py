"""Bodies as Bybit sent them, and which of its markets an instrument is."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from config.tests.recordings import EXCHANGES
from market.models import Instrument
from market.sources.bybit_tickers import BybitMarket, market_of, market_of_instrument, read_prices, read_tickers
from market.sources.tickers import Prices

INVERSE = """{"retCode": 0, "retMsg": "OK", "result": {"category": "inverse", "list": [{"symbol": "BTCUSD",
"lastPrice": "16597.00", "indexPrice": "16598.54", "markPrice": "16596.00", "price24hPcnt": "0.008047",
"predictedDeliveryPrice": "", "basisRate": "", "deliveryTime": "0", "ask1Size": "1", "bid1Price": "16596.00",
"ask1Price": "16597.50", "bid1Size": "1", "basis": ""}]}, "retExtInfo": {}, "time": 1672376496682}"""

BODIES = (
    ("bybit-docs/market__tickers__response1_inverse.json", "inverse", "BTCUSD", "103401"),
    ("bybit-docs/market__tickers__response3_spot.json", "spot", "BTCUSDT", "20517.96"),
)


def test_body_gives_time_and_prices():
    tickers = read_tickers(json.loads(INVERSE), category="inverse")
    assert tickers.server_time.isoformat() == "2022-12-30T05:01:36.682000+00:00"
    expected = Prices(Decimal("16596.00"), Decimal("16597.50"), Decimal("16597.00"))
    assert read_prices(tickers.rows["BTCUSD"]) == expected


@pytest.mark.skipif(not EXCHANGES.is_dir(), reason="the recorded bodies are not on this machine")
@pytest.mark.parametrize(("file", "category", "symbol", "bid"), BODIES)
def test_recorded_body_is_read(file, category, symbol, bid):
    tickers = read_tickers(json.loads((EXCHANGES / file).read_text()), category=category)
    prices = read_prices(tickers.rows[symbol])
    assert prices is not None
    assert prices.bid == Decimal(bid)


@pytest.mark.parametrize(
    ("kind", "base", "quote", "market"),
    [
        ("linear", "BTC", "USDT", BybitMarket("linear", "BTCUSDT")),
        ("linear", "1000PEPE", "USDT", BybitMarket("linear", "1000PEPEUSDT")),
        ("linear", "BTC", "USDC", BybitMarket("linear", "BTCPERP")),
        ("spot", "BTC", "USDC", BybitMarket("spot", "BTCUSDC")),
        ("inverse", "BTC", "USD", BybitMarket("inverse", "BTCUSD")),
        ("future", "BTC", "USD", None),
        ("forex", "EUR", "USD", None),
        ("option", "BTC", "USDC", None),
    ],
)
def test_market_follows_from_kind_and_pair(kind, base, quote, market):
    assert market_of(kind=kind, base=base, quote=quote) == market


@pytest.mark.parametrize(
    ("listed_at", "market"),
    [(datetime(2026, 1, 1, tzinfo=UTC), BybitMarket("linear", "BTCPERP-X")), (None, BybitMarket("linear", "BTCUSDT"))],
)
def test_instrument_from_the_list_goes_by_its_symbol_there(listed_at, market):
    instrument = Instrument(
        venue="bybit", kind="linear", symbol="BTCPERP-X", base="BTC", quote="USDT", listed_at=listed_at
    )
    assert market_of_instrument(instrument) == market


OPTION = {"symbol": "BTC-30DEC22-18000-C", "bid1Price": "165", "ask1Price": "435", "lastPrice": "435"}


def test_options_bid_and_ask_may_lie_far_apart():
    assert read_prices(OPTION, category="option") == Prices(Decimal(165), Decimal(435), Decimal(435))
    assert read_prices(OPTION, category="linear") is None


def test_option_without_a_bid_has_no_prices():
    assert read_prices(OPTION | {"bid1Price": "0"}, category="option") is None
