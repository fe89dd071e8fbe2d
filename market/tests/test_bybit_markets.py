"""Bybit's own list of its markets: recorded bodies, pages over a socket, rows that say what cannot be."""

from decimal import Decimal

import pytest

from config.tests.recordings import EXCHANGES
from market.sources.base import SourceDown, SourceRefused
from market.sources.bybit_markets import OPTION_COINS, BybitMarkets, read_answer, read_list
from market.tests.venue_server import bybit_body, recorded

PATH = "/v5/market/instruments-info"
LINEAR = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "deliveryTime": "0",
    "leverageFilter": {"maxLeverage": "100.00"},
    "priceFilter": {"tickSize": "0.10"},
    "lotSizeFilter": {
        "maxOrderQty": "1190.000",
        "maxMktOrderQty": "119.000",
        "minOrderQty": "0.001",
        "qtyStep": "0.001",
        "minNotionalValue": "5",
    },
}
on_record = pytest.mark.skipif(not EXCHANGES.is_dir(), reason="the recorded bodies are not on this machine")


def linear(symbol="BTCUSDT", **changes):
    return LINEAR | {"symbol": symbol} | changes


def listed(kind, *rows):
    return read_list(rows, kind=kind)


def test_perpetual_is_read_in_full():
    [market] = listed("linear", LINEAR).markets
    assert (market.symbol, market.base, market.quote, market.settle) == ("BTCUSDT", "BTC", "USDT", "USDT")
    assert (market.tick_size, market.lot_size, market.min_quantity) == (
        Decimal("0.1"),
        Decimal("0.001"),
        Decimal("0.001"),
    )
    assert (market.min_notional, market.max_leverage, market.expires_at) == (Decimal(5), 100, None)
    assert market.size_unit == Decimal("1.19")  # 119 ÷ 100, on lots of 0.001


def test_size_unit_is_at_least_a_lot():
    steps = LINEAR["lotSizeFilter"] | {"maxMktOrderQty": "0.05", "qtyStep": "0.01"}
    assert listed("linear", linear(lotSizeFilter=steps)).markets[0].size_unit == Decimal("0.01")


@on_record
@pytest.mark.parametrize(
    ("file", "kind", "symbol", "settle", "size_unit"),
    [
        ("bybit/http_get_instruments_linear.json", "linear", "BTCUSDT", "USDT", "0.5"),
        ("bybit/http_get_instruments_inverse.json", "inverse", "BTCUSD", "BTC", "5000"),
        ("bybit/http_get_instruments_spot.json", "spot", "BTCUSDT", "USDT", "1"),
        ("bybit/http_get_instruments_option.json", "option", "ETH-26JUN26-16000-P", "USDC", "1"),
        ("bybit-docs/market__instrument__response2_linear.json", "linear", "BTCUSDT", "USDT", "5"),
        ("bybit-docs/market__instrument__response3_option.json", "option", "BTC-27MAR26-70000-P-USDT", "USDT", "5"),
        ("bybit-docs/market__instrument__response4_spot.json", "spot", "BTCUSDT", "USDT", "0.415"),
    ],
)
def test_recorded_list_is_read(file, kind, symbol, settle, size_unit):
    found = read_list(read_answer(recorded(file), kind=kind).rows, kind=kind)
    market = found.markets[0]
    assert (market.symbol, market.settle, market.size_unit) == (symbol, settle, Decimal(size_unit))
    assert found.skipped == ()


@on_record
def test_recorded_option_says_when_it_is_delivered():
    page = read_answer(recorded("bybit-docs/market__instrument__response3_option.json"), kind="option")
    assert read_list(page.rows, kind="option").markets[0].expires_at.isoformat() == "2026-03-27T08:00:00+00:00"


@pytest.mark.parametrize("change", [{"status": "PreLaunch"}, {"status": "Closed"}, {"contractType": "LinearFutures"}])
def test_what_is_not_traded_now_or_dated_is_left_out_without_a_word(change):
    found = listed("linear", linear(**change))
    assert (found.markets, found.skipped) == ((), ())


@pytest.mark.parametrize(
    "change",
    [
        {"priceFilter": {"tickSize": "0"}},
        {"priceFilter": {"tickSize": 0.1}},
        {"priceFilter": {"tickSize": "NaN"}},
        {"priceFilter": {"tickSize": "0.00000000001"}},
        {"priceFilter": None},
        {"lotSizeFilter": {}},
        {"lotSizeFilter": LINEAR["lotSizeFilter"] | {"qtyStep": "-0.001"}},
        {"lotSizeFilter": LINEAR["lotSizeFilter"] | {"minOrderQty": None}},
        {"lotSizeFilter": LINEAR["lotSizeFilter"] | {"minNotionalValue": "x"}},
        {"lotSizeFilter": LINEAR["lotSizeFilter"] | {"maxMktOrderQty": ""}},
        {"leverageFilter": {"maxLeverage": "0.5"}},
        {"leverageFilter": {"maxLeverage": "1e9"}},
        {"baseCoin": ""},
        {"quoteCoin": None},
        {"settleCoin": "X" * 13},
    ],
    ids=str,
)
def test_row_that_says_what_cannot_be_is_named_and_the_rest_is_kept(change):
    found = listed("linear", linear("ODDUSDT", **change), LINEAR)
    assert found.skipped == ("ODDUSDT",)
    assert [market.symbol for market in found.markets] == ["BTCUSDT"]


@pytest.mark.parametrize("row", [None, "BTCUSDT", [], 5, {}])
def test_row_that_is_no_row_costs_nothing(row):
    assert len(listed("linear", row, LINEAR).markets) == 1


def test_pages_are_followed_to_the_end(venue, reader):
    pages = {None: (["A", "B"], "next"), "next": (["C"], "")}

    def answer(query):
        symbols, cursor = pages[query.get("cursor")]
        return bybit_body([linear(symbol) for symbol in symbols], category="linear", nextPageCursor=cursor)

    venue.answers[PATH] = answer
    found = BybitMarkets(reader).instruments("linear")
    assert [market.symbol for market in found.markets] == ["A", "B", "C"]
    assert [query.get("cursor") for query in venue.queries] == [None, "next"]


def test_pages_without_an_end_are_an_outage(venue, reader):
    venue.answers[PATH] = lambda query: bybit_body(
        [LINEAR], category="linear", nextPageCursor=query.get("cursor", "") + "x"
    )
    with pytest.raises(SourceDown, match="no end"):
        BybitMarkets(reader).instruments("linear")


def test_options_are_asked_for_coin_by_coin(venue, reader):
    venue.answers[PATH] = lambda query: bybit_body([{}] if query["baseCoin"] == "BTC" else [], category="option")
    BybitMarkets(reader).instruments("option")
    assert tuple(query["baseCoin"] for query in venue.queries) == OPTION_COINS


def test_spot_is_one_page(venue, reader):
    venue.answers[PATH] = bybit_body([{}], category="spot")
    BybitMarkets(reader).instruments("spot")
    assert venue.queries == [{"category": "spot"}]


def test_an_empty_list_is_an_outage(venue, reader):
    venue.answers[PATH] = bybit_body([], category="linear")
    with pytest.raises(SourceDown, match="empty"):
        BybitMarkets(reader).instruments("linear")


def test_an_error_inside_200_is_a_refusal(venue, reader, pauses):
    venue.answers[PATH] = {"retCode": 10001, "retMsg": "params error", "result": {}, "time": 1}
    with pytest.raises(SourceRefused, match="code 10001"):
        BybitMarkets(reader).instruments("linear")
    assert pauses == []


def test_a_fault_of_theirs_inside_200_is_tried_again(venue, reader, pauses):
    venue.answers[PATH] = {"retCode": 10016, "retMsg": "server error", "result": {}, "time": 1}
    with pytest.raises(SourceDown, match="code 10016"):
        BybitMarkets(reader).instruments("linear")
    assert len(pauses) == 2
