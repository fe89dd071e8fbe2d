"""Candles as Bybit and Binance send them, over a socket: closed, in range, sound and ascending; the rest not."""

from datetime import UTC, datetime, timedelta

import pytest

from config.tests.recordings import EXCHANGES
from market.intervals import Interval
from market.models import Instrument
from market.sources.base import SourceDown, SourceRefused
from market.sources.binance import SPOT, USD_M
from market.sources.binance_candles import BinanceCandles
from market.sources.bybit_candles import BybitCandles
from market.tests.bybit_server import says
from market.tests.venue_server import bybit_body, recorded

KLINE = "/v5/market/kline"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)
on_record = pytest.mark.skipif(not EXCHANGES.is_dir(), reason="the recorded bodies are not on this machine")


def instrument(kind="linear", quote="USDT", **changes):
    return Instrument(symbol="BTCUSDT", venue="bybit", kind=kind, base="BTC", quote=quote, **changes)


def ms(at):
    return int(at.timestamp() * 1000)


def row(minutes, opened="10", high="12", low="9", closed="11", volume="5", turnover="55"):
    return [str(ms(NOON + minutes * MINUTE)), opened, high, low, closed, volume, turnover]


def minutes_of(fetched):
    return [(at - ms(NOON)) // 60_000 for at in fetched.series.opened_at.tolist()]


@pytest.fixture
def ask(venue, reader):
    """Let Bybit answer these rows at 12:05:00, and ask for the minutes from noon to 12:10."""

    def ask(*rows, start=NOON, end=NOON + 10 * MINUTE, kind="linear", **envelope):
        symbol = "BTCUSD" if kind == "inverse" else "BTCUSDT"
        body = bybit_body(list(rows), category=kind, symbol=symbol, time=ms(NOON + 5 * MINUTE))
        venue.answers[KLINE] = body | envelope
        of = instrument(kind, quote=symbol[3:])
        return BybitCandles(reader).candles(of, Interval.M1, start=start, end=end)

    return ask


def test_newest_first_is_turned_round_and_the_open_one_left_out(ask):
    fetched = ask(row(5), row(4), row(3))
    assert (minutes_of(fetched), fetched.skipped) == ([3, 4], 0)
    assert fetched.series.volume.tolist() == [5.0, 5.0]


def test_columns_are_what_was_sent(ask):
    series = ask(row(0, "10.5", "12.25", "9.125", "11", "0")).series
    told = (series.open, series.high, series.low, series.close, series.volume)
    assert [column.tolist() for column in told] == [[10.5], [12.25], [9.125], [11.0], [0.0]]


def test_rows_before_the_start_or_from_the_end_on_are_left_out(ask):
    assert minutes_of(ask(row(3), row(2), row(1), row(0), start=NOON + MINUTE, end=NOON + 3 * MINUTE)) == [1, 2]


def test_volume_of_inverse_is_in_coins(ask):
    assert ask(row(0, volume="268611", turnover="15.74"), kind="inverse").series.volume.tolist() == [15.74]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {},
        "row",
        row(0)[:5],
        ["x", *row(0)[1:]],
        [None, *row(0)[1:]],
        [str(ms(NOON) + 1), *row(0)[1:]],
        row(0, opened=None),
        row(0, opened=10),
        row(0, opened=10.5),
        row(0, high="NaN"),
        row(0, high="Infinity"),
        row(0, low="-9"),
        row(0, low="0"),
        row(0, closed=""),
        row(0, volume=None),
        row(0, volume="-1"),
        row(0, high="10.5"),
        row(0, low="10.5"),
    ],
    ids=str,
)
def test_row_that_cannot_be_is_counted_and_the_rest_kept(ask, odd):
    fetched = ask(row(2), odd, row(1))
    assert (minutes_of(fetched), fetched.skipped) == ([1, 2], 1)


def test_candle_that_comes_twice_is_kept_once_and_counted(ask):
    fetched = ask(row(1), row(1, closed="10"))
    assert (fetched.series.close.tolist(), fetched.skipped) == ([11.0], 1)


def test_no_rows_are_no_candles(ask):
    assert len(ask().series) == 0


def test_bybit_is_asked_for_at_most_a_thousand_the_last(venue, ask):
    ask(start=NOON - timedelta(days=9), end=NOON)
    [query] = venue.queries
    assert (query["category"], query["symbol"], query["interval"], query["limit"]) == ("linear", "BTCUSDT", "1", "1000")
    assert (int(query["start"]), int(query["end"])) == (ms(NOON - 1000 * MINUTE), ms(NOON) - 1)


@pytest.mark.parametrize("change", [{"retCode": 10001}, {"retCode": 110001}])
def test_an_error_inside_200_is_a_refusal(ask, change):
    with pytest.raises(SourceRefused):
        ask(row(0), **change)


@pytest.mark.parametrize(
    "result",
    [{"category": "linear", "symbol": "ETHUSDT", "list": []}, {"category": "spot", "symbol": "BTCUSDT", "list": []}],
)
def test_an_answer_about_something_else_is_an_outage(ask, result):
    with pytest.raises(SourceDown):
        ask(result=result)


def test_html_with_200_is_an_outage_not_no_candles(venue, ask):
    venue.queued[KLINE] = [says("<html>") for _ in range(3)]
    with pytest.raises(SourceDown, match="not JSON"):
        ask(row(0))


@pytest.mark.parametrize(
    ("kind", "has"), [("spot", True), ("linear", True), ("inverse", True), ("option", False), ("forex", False)]
)
def test_intervals_that_bybit_has(reader, kind, has):
    found = BybitCandles(reader).intervals(instrument(kind))
    assert found == (frozenset(Interval) - {Interval.D3} if has else frozenset())


def test_what_bybit_does_not_have_is_not_asked_for(venue, reader):
    with pytest.raises(ValueError, match="no candles"):
        BybitCandles(reader).candles(instrument("option"), Interval.M1, start=NOON, end=NOON + MINUTE)
    assert venue.requests == []


@on_record
def test_recorded_candles_of_bybit_are_read(venue, reader):
    venue.answers[KLINE] = recorded("bybit-docs/market__kline__response1.json")
    start, end = datetime(2022, 12, 9, tzinfo=UTC), datetime(2022, 12, 10, tzinfo=UTC)
    fetched = BybitCandles(reader).candles(instrument("inverse", "USD"), Interval.H1, start=start, end=end)
    assert fetched.series.close.tolist() == [17071.5, 17071.0, 17055.5]
    assert fetched.series.volume.tolist() == [0.37288112, 0.24469757, 15.74462667]


@on_record
@pytest.mark.parametrize(
    ("of", "path", "kind", "file"),
    [(SPOT, "/api/v3/klines", "spot", "http_spot_market_klines.json")],
)
def test_recorded_candles_of_binance_are_read(venue, reader, of, path, kind, file):
    venue.answers[path] = recorded(f"binance/{file}")
    start, end = datetime(2021, 10, 22, 23, tzinfo=UTC), datetime(2021, 10, 23, 2, tzinfo=UTC)
    fetched = BinanceCandles(of, reader).candles(instrument(kind), Interval.M1, start=start, end=end)
    assert (fetched.series.open[0], fetched.series.volume[0], fetched.skipped) == (60685.22, 21.63272, 0)
    assert len(fetched.series) == len(venue.answers[path])


@pytest.mark.parametrize(
    ("of", "path", "kind"), [(SPOT, "/api/v3/klines", "spot"), (USD_M, "/fapi/v1/klines", "linear")]
)
def test_binance_is_asked_by_milliseconds_and_what_just_closed_waits(venue, reader, of, path, kind):
    venue.answers[path] = [[ms(NOON + number * MINUTE), *row(0)[1:]] for number in range(5)]
    source = BinanceCandles(of, reader, clock=lambda: NOON + 4 * MINUTE + timedelta(seconds=4))
    fetched = source.candles(instrument(kind), Interval.M1, start=NOON, end=NOON + 10 * MINUTE)
    assert minutes_of(fetched) == [0, 1, 2]
    asked = {"symbol": "BTCUSDT", "interval": "1m", "limit": "1000"}
    span = {"startTime": str(ms(NOON)), "endTime": str(ms(NOON + 10 * MINUTE) - 1)}
    assert venue.queries == [asked | span]


def test_unknown_symbol_of_binance_is_a_refusal(venue, reader, pauses):
    venue.queued["/api/v3/klines"] = [says('{"code": -1121, "msg": "Invalid symbol."}', 400)]
    with pytest.raises(SourceRefused):
        BinanceCandles(SPOT, reader).candles(instrument("spot"), Interval.M1, start=NOON, end=NOON + MINUTE)
    assert pauses == []


@pytest.mark.parametrize("body", [{}, {"code": -1000}, "x", 5])
def test_binance_answer_that_is_no_list_is_an_outage(venue, reader, body):
    venue.answers["/fapi/v1/klines"] = body
    with pytest.raises(SourceDown):
        BinanceCandles(USD_M, reader).candles(instrument(), Interval.M1, start=NOON, end=NOON + MINUTE)
    assert len(venue.requests) == 3


@pytest.mark.parametrize(("of", "kind", "has"), [(SPOT, "spot", 12), (SPOT, "linear", 0), (USD_M, "linear", 12)])
def test_intervals_that_binance_has(reader, of, kind, has):
    assert len(BinanceCandles(of, reader).intervals(instrument(kind))) == has
