"""Binance's prices and lists over a socket: spot and perpetuals in dollars, good and with every fault."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from config.tests.recordings import EXCHANGES
from core.breaker import Breaker, BreakerState
from market.models import Instrument
from market.sources.base import SourceDown
from market.sources.binance import SPOT, USD_M, BinanceSource, BinanceTickers
from market.sources.binance_markets import BinanceMarkets, read_list
from market.tests import bybit_server as fault
from market.tests.bybit_server import says
from market.tests.venue_server import recorded

BOOK, LAST = "/fapi/v1/ticker/bookTicker", "/fapi/v1/ticker/price"
on_record = pytest.mark.skipif(not EXCHANGES.is_dir(), reason="the recorded bodies are not on this machine")


def instrument(base="BTC", kind="linear", **changes):
    return Instrument(symbol=f"{base}USDT", kind=kind, base=base, quote="USDT", **changes)


def book(symbol="BTCUSDT", bid="50000.1", ask="50000.2"):
    return {"symbol": symbol, "bidPrice": bid, "bidQty": "1", "askPrice": ask, "askQty": "1", "time": 1}


def last(symbol="BTCUSDT", price="50000.1"):
    return {"symbol": symbol, "price": price, "time": 1}


@pytest.fixture
def source(venue, seconds, patient_client):
    venue.answers |= {BOOK: [book(), book("ETHUSDT")], LAST: [last(), last("ETHUSDT")]}
    tickers = BinanceTickers(USD_M, client=patient_client(), breaker=Breaker("x", monotonic=seconds))
    return BinanceSource(USD_M, tickers)


BOTH = (instrument(), instrument("ETH"))


def fetched(source, instruments=BOTH, clock=timezone.now):
    return source.fetch(instruments, clock=clock)


def test_book_and_last_price_make_a_quote_of_the_moment_it_was_asked_for(source):
    first = timezone.now()
    moments = iter([first, first + timedelta(seconds=1)])
    [quote, _] = fetched(source, clock=lambda: next(moments))
    assert (quote.bid, quote.ask, quote.last) == (Decimal("50000.1"), Decimal("50000.2"), Decimal("50000.1"))
    assert (quote.instrument_id, quote.at) == (BOTH[0].id, first)


def test_one_instrument_is_asked_for_alone(venue, source):
    venue.answers |= {BOOK: book(), LAST: last()}
    assert len(fetched(source, BOTH[:1])) == 1
    assert venue.requests == [(BOOK, {"symbol": "BTCUSDT"}), (LAST, {"symbol": "BTCUSDT"})]


def test_many_are_two_requests(venue, source):
    fetched(source)
    assert venue.requests == [(BOOK, {}), (LAST, {})]


@pytest.mark.parametrize(
    "odd",
    [
        book(bid="0"),
        book(bid=""),
        book(bid=None),
        book(bid="NaN"),
        book(bid=50000.1),
        book(bid="50000.3"),
        book(ask="70000"),
        {"symbol": "BTCUSDT"},
    ],
    ids=str,
)
def test_odd_symbol_is_left_out_alone(venue, source, odd):
    venue.answers[BOOK][0] = odd
    assert [quote.instrument_id for quote in fetched(source)] == [BOTH[1].id]
    assert source.breaker_state() == BreakerState.CLOSED


@pytest.mark.parametrize("path", [BOOK, LAST])
@pytest.mark.parametrize(
    "broken",
    [
        says("<html>"),
        says("{}"),
        says("[]"),
        says("[1, null]"),
        says("null"),
        says("{}", 500),
        says('{"code": -1121}', 400),
        fault.cut_line,
        fault.drip_body,
    ],
)
def test_fault_is_an_outage_and_the_third_opens_the_breaker(venue, source, path, broken):
    venue.queued[path] = [broken] * 3
    assert [fetched(source), fetched(source), fetched(source)] == [[], [], []]
    assert source.breaker_state() == BreakerState.OPEN


def test_symbol_that_is_gone_opens_no_breaker(venue, source):
    venue.queued[BOOK] = [says('{"code": -1121, "msg": "Invalid symbol."}', 400) for _ in range(4)]
    assert [fetched(source, BOTH[:1]) for _ in range(4)] == [[]] * 4
    assert source.breaker_state() == BreakerState.CLOSED


@pytest.mark.parametrize(
    ("busy", "wait_seconds"),
    [
        (says("", 429, Retry_After="7"), 7),
        (says("", 418, Retry_After="120"), 120),
        (says("", 403), 600),
        (says("", 451), 600),
    ],
)
def test_busy_venue_is_left_alone(venue, source, seconds, busy, wait_seconds):
    venue.queued[BOOK] = [busy]
    fetched(source)
    seconds.now += wait_seconds - 0.1
    assert fetched(source) == []
    seconds.now += 0.2
    assert len(fetched(source)) == 2


@pytest.mark.parametrize(
    ("of", "kind", "covered"), [(SPOT, "spot", True), (SPOT, "linear", False), (USD_M, "linear", True)]
)
def test_each_venue_has_one_kind(of, kind, covered):
    assert BinanceSource(of).covers(kind=kind, base="BTC", quote="USDT") is covered


def test_kind_that_the_venue_does_not_have_is_not_asked_for(venue, source):
    assert fetched(source, [instrument(kind="spot")]) == []
    assert venue.requests == []


@on_record
def test_recorded_spot_prices_are_read(venue):
    venue.answers["/api/v3/ticker/bookTicker"] = recorded("binance/http_spot_market_book_ticker.json")
    venue.answers["/api/v3/ticker/price"] = recorded("binance/http_spot_market_ticker_price.json")
    [quote] = fetched(BinanceSource(SPOT), [instrument(kind="spot")])
    assert (quote.bid, quote.ask, quote.last) == (Decimal("60741.67"), Decimal("60741.68"), Decimal("60740"))


@on_record
def test_recorded_spot_list_is_read():
    markets = read_list(recorded("binance/http_spot_market_exchange_info.json"), "spot").markets
    bitcoin = markets[0]
    assert [market.symbol for market in markets] == ["BTCUSDT", "ETHUSDT"]
    assert (bitcoin.tick_size, bitcoin.lot_size, bitcoin.min_notional) == (
        Decimal("0.01"),
        Decimal("0.00001"),
        Decimal(10),
    )
    assert bitcoin.size_unit == Decimal("1.12211")  # 112.21108820 ÷ 100, on lots of 0.00001
    assert (bitcoin.max_leverage, bitcoin.settle) == (1, "USDT")


@on_record
def test_recorded_list_of_perpetuals_is_read_without_dated_futures():
    found = read_list(recorded("binance/http_futures_market_exchange_info.json"), "linear")
    assert [market.symbol for market in found.markets] == ["BTCUSDT", "ETHUSDT"]
    bitcoin = found.markets[0]
    assert (bitcoin.max_leverage, bitcoin.min_notional, bitcoin.size_unit) == (20, Decimal(10), Decimal(10))


FILTERS = [
    {"filterType": "PRICE_FILTER", "tickSize": "0.01"},
    {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.001", "maxQty": "1000"},
    {"filterType": "NOTIONAL", "minNotional": "5"},
]
MARKET = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "contractType": "PERPETUAL",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "requiredMarginPercent": "5.0000",
    "filters": FILTERS,
}


@pytest.mark.parametrize(
    "change",
    [
        {"filters": FILTERS[1:]},
        {"filters": None},
        {"filters": [{"filterType": "PRICE_FILTER", "tickSize": 0.01}, *FILTERS[1:]]},
        {"requiredMarginPercent": "0"},
        {"requiredMarginPercent": None},
        {"requiredMarginPercent": "150"},
        {"baseAsset": ""},
    ],
    ids=str,
)
def test_row_that_says_what_cannot_be_is_named_and_the_rest_is_kept(change):
    found = read_list({"symbols": [MARKET | {"symbol": "ODDUSDT"} | change, MARKET]}, "linear")
    assert (found.skipped, [market.symbol for market in found.markets]) == (("ODDUSDT",), ["BTCUSDT"])


@pytest.mark.parametrize("told", [None, [], {}, {"symbols": []}, {"symbols": {}}])
def test_answer_without_markets_is_an_outage(told):
    with pytest.raises(SourceDown):
        read_list(told, "linear")


@pytest.mark.parametrize(
    ("of", "kind", "path"), [(SPOT, "spot", "/api/v3/exchangeInfo"), (USD_M, "linear", "/fapi/v1/exchangeInfo")]
)
def test_list_is_asked_for_at_its_own_host(venue, reader, of, kind, path):
    venue.answers[path] = {"symbols": [MARKET]}
    assert len(BinanceMarkets(of, reader).instruments(kind).markets) == 1
    assert venue.paths == [path]
