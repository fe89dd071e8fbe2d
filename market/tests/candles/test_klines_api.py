"""GET /market/klines/{symbol} and /market/{symbol}/candles."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from market import sources
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import CandleBlock, Instrument
from market.services import lacking_candles
from market.services.candles import store_candles
from market.sources.base import FetchedCandles, SourceDown
from market.tests.candles.making import MIDNIGHT, NOW, picked, rows, walk, without

KLINES = "/api/v1/market/klines"
CANDLES = "/api/v1/market/{}/candles"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at")]


class Exchange:
    """Has candles in a row from MIDNIGHT on, of some intervals; remembers what it was asked, and can be down."""

    most_candles = 1_000

    def __init__(self, series: CandleSeries, *, intervals=frozenset(Interval), down=False) -> None:
        self.series, self.offered, self.down, self.asked = series, intervals, down, []

    def intervals(self, instrument):
        return self.offered

    def candles(self, instrument, interval, *, start, end):
        self.asked.append((interval, start, end))
        if self.down:
            raise SourceDown("the answer took too long")
        opened = self.series.opened_at / 1_000
        inside = (opened >= start.timestamp()) & (opened < end.timestamp())
        return FetchedCandles(picked(self.series, inside), skipped=0)


@pytest.fixture
def exchange(monkeypatch, on_bybit):
    """Plays Bybit's candles: 300 minutes."""
    monkeypatch.setattr(lacking_candles, "_asked_at", {})
    source = Exchange(walk(300))
    monkeypatch.setitem(sources.CANDLES, "bybit", source)
    return source


def at(row):
    return datetime.fromisoformat(row["timestamp"])


def opened(series):
    return [datetime.fromtimestamp(row[0] / 1_000, UTC) for row in rows(series)]


def test_klines_are_the_newest_closed_candles_ascending(client, btcusdt):
    body = client.get(f"{KLINES}/BTC/USDT").json()
    assert (body.keys(), body["symbol"], body["interval"]) == ({"symbol", "interval", "data"}, "BTCUSDT", "1m")
    assert [at(row) for row in body["data"]] == [NOW - timedelta(minutes=back) for back in range(500, 0, -1)]


def test_a_candle_is_decimal_texts_on_tick(client, btcusdt):
    row = client.get(f"{KLINES}/BTCUSDT?limit=1&interval=1H").json()["data"][0]
    assert row.keys() == {"timestamp", "open", "high", "low", "close", "volume"}
    assert row["timestamp"] == "2026-11-29T11:00:00Z"
    assert {Decimal(row[name]) % btcusdt.tick_size for name in ("open", "high", "low", "close")} == {0}
    assert Decimal(row["low"]) < Decimal(row["high"])


def test_figures_come_as_they_were_stored(client, on_bybit):
    store_candles(on_bybit, walk(3), now=NOW)
    told = client.get(f"{KLINES}/BTCUSDT?start=2026-03-02").json()["data"]
    assert [tuple(map(float, list(row.values())[1:])) for row in told] == [row[1:] for row in rows(walk(3))]


def test_with_a_start_the_oldest_come_first(client, on_bybit):
    store_candles(on_bybit, walk(300), now=NOW)
    told = client.get(f"{KLINES}/BTCUSDT?start=2026-03-02T01:00:00Z&limit=2").json()["data"]
    assert [at(row) for row in told] == opened(walk(300))[60:62]


def test_an_end_is_not_in(client, on_bybit):
    store_candles(on_bybit, walk(300), now=NOW)
    told = client.get(f"{KLINES}/BTCUSDT?end=2026-03-02T01:00:00Z&limit=2").json()["data"]
    assert [at(row) for row in told] == opened(walk(300))[58:60]


def test_a_thousand_is_the_most(client, btcusdt):
    assert len(client.get(f"{KLINES}/BTCUSDT?limit=1000").json()["data"]) == 1_000
    answer = client.get(f"{KLINES}/BTCUSDT?limit=1001")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["limit"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("interval=7m", "interval"),
        ("interval=1M", "interval"),
        ("limit=0", "limit"),
        ("start=yesterday", "start"),
        ("start=2026-03-03&end=2026-03-02", "start"),
        ("category=swap", "category"),
        ("category=option", "category"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, query, field):
    answer = client.get(f"{KLINES}/BTCUSDT?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


def test_a_category_without_candles_is_told_which_have_some(client):
    body = client.get(f"{KLINES}/BTCUSDT?category=option").json()
    assert body["code"] == "NO_CANDLES"
    assert "spot, linear, inverse" in body["detail"]


def test_an_unknown_symbol_is_a_404_that_names_near_ones(client):
    answer = client.get(f"{KLINES}/BTCUSDX")
    assert answer.status_code == 404
    assert "BTCUSDT" in answer.json()["detail"]


def test_candles_are_a_page_and_their_number(client, on_bybit):
    store_candles(on_bybit, without(walk(300), 100), now=NOW)
    body = client.get(CANDLES.format("BTC/USDT") + "?timeframe=5m&start=2026-03-02&limit=10&offset=15").json()
    assert {name: body[name] for name in ("total", "limit", "offset")} == {"total": 59, "limit": 10, "offset": 15}
    assert [(at(row) - MIDNIGHT).seconds // 300 for row in body["items"]] == [15, 16, 17, 18, 19, 21, 22, 23, 24, 25]


def test_without_a_start_an_offset_passes_over_the_newest(client, on_bybit):
    store_candles(on_bybit, walk(300), now=NOW)
    body = client.get(CANDLES.format("BTCUSDT") + "?limit=3&offset=290").json()
    assert (body["total"], [at(row) for row in body["items"]]) == (300, opened(walk(300))[7:10])


def test_an_offset_past_the_last_is_an_empty_page(client, on_bybit):
    store_candles(on_bybit, walk(300), now=NOW)
    body = client.get(CANDLES.format("BTCUSDT") + "?offset=300&start=2026-03-02").json()
    assert (body["total"], body["items"]) == (300, [])


def test_interval_and_timeframe_that_differ_are_refused(client):
    answer = client.get(CANDLES.format("BTCUSDT") + "?interval=1m&timeframe=5m")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["timeframe"])


def test_what_is_not_stored_is_asked_for_and_kept(client, exchange):
    address = f"{KLINES}/BTCUSDT?start=2026-03-02&limit=10"
    told = [client.get(address).json()["data"] for _ in range(2)]
    assert [at(row) for row in told[0]] == opened(walk(10))
    assert told[0] == told[1]
    assert exchange.asked == [(Interval.M1, MIDNIGHT, MIDNIGHT + timedelta(minutes=10))]


def test_only_what_lacks_is_asked_for(client, exchange, on_bybit):
    store_candles(on_bybit, picked(walk(10), [0, 1, 9]), now=NOW)
    assert len(client.get(f"{KLINES}/BTCUSDT?start=2026-03-02&limit=10").json()["data"]) == 10
    assert exchange.asked == [(Interval.M1, MIDNIGHT + timedelta(minutes=2), MIDNIGHT + timedelta(minutes=9))]


def test_candles_gathered_from_quotes_give_way_to_the_exchanges_own(client, exchange, on_bybit):
    store_candles(on_bybit, picked(walk(300), range(10)), now=NOW)
    store_candles(on_bybit, picked(replace(walk(10), volume=np.zeros(10)), [3, 4, 5]), now=NOW)
    told = client.get(f"{KLINES}/BTCUSDT?start=2026-03-02&limit=10").json()["data"]
    assert [float(row["volume"]) for row in told] == list(walk(300).volume[:10])
    assert exchange.asked == [(Interval.M1, MIDNIGHT + timedelta(minutes=3), MIDNIGHT + timedelta(minutes=6))]


def test_candles_gathered_from_quotes_are_shown_while_the_exchange_is_down(client, exchange, on_bybit):
    exchange.down = True
    store_candles(on_bybit, replace(walk(10), volume=np.zeros(10)), now=NOW)
    assert len(client.get(f"{KLINES}/BTCUSDT?start=2026-03-02&limit=10").json()["data"]) == 10


def test_what_the_exchange_has_not_got_is_asked_for_once_a_minute(client, exchange):
    address = f"{KLINES}/BTCUSDT?start=2026-04-01&limit=10"
    assert [client.get(address).json()["data"] for _ in range(3)] == [[], [], []]
    assert len(exchange.asked) == 1


def test_an_interval_that_the_exchange_lacks_is_made_of_its_largest_that_divides(client, exchange):
    exchange.offered = frozenset({Interval.M1, Interval.M3, Interval.M5})
    exchange.series = walk(60, interval=Interval.M5)
    told = client.get(f"{KLINES}/BTCUSDT?start=2026-03-02&limit=2&interval=15m").json()["data"]
    assert [at(row) for row in told] == [MIDNIGHT, MIDNIGHT + timedelta(minutes=15)]
    assert exchange.asked == [(Interval.M5, MIDNIGHT, MIDNIGHT + timedelta(minutes=30))]


def test_an_interval_that_cannot_be_made_is_refused_with_those_that_can(client, exchange):
    exchange.offered = frozenset({Interval.H1, Interval.D1})
    answer = client.get(f"{KLINES}/BTCUSDT?interval=15m")
    assert (answer.status_code, answer.json()["code"]) == (422, "NO_CANDLES")
    assert "1h, 1d" in answer.json()["detail"]


def test_an_exchange_that_is_down_leaves_what_is_stored(client, exchange, on_bybit):
    exchange.down = True
    store_candles(on_bybit, walk(5), now=NOW)
    assert len(client.get(f"{KLINES}/BTCUSDT?start=2026-03-02&limit=10").json()["data"]) == 5


def test_nothing_of_the_synthetic_market_is_stored(client, btcusdt):
    assert client.get(f"{KLINES}/BTCUSDT?interval=4h&limit=20").status_code == 200
    assert not CandleBlock.objects.exists()


def test_an_option_has_no_candles(client, btcusdt):
    Instrument.objects.filter(pk=btcusdt.pk).update(kind="option")
    assert client.get(CANDLES.format("BTCUSDT")).json()["code"] == "NO_CANDLES"


def test_statements_do_not_grow_with_the_candles(client, on_bybit, django_assert_num_queries):
    store_candles(on_bybit, walk(20_000), now=NOW)
    with django_assert_num_queries(3):  # the instrument, what there is, the minutes
        assert len(client.get(f"{KLINES}/BTCUSDT?interval=15m&limit=1000").json()["data"]) == 1_000


@pytest.mark.parametrize("path", [f"{KLINES}/BTCUSDT", CANDLES.format("BTCUSDT")])
def test_stranger_is_refused(anonymous, path):
    assert anonymous.get(path).status_code == 401
