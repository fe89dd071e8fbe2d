"""Which candles a run goes over: closed, whole, with as many before them as the rule warms up on."""

from datetime import UTC, datetime, timedelta

import pytest

from market.candles import coverage
from market.intervals import Interval
from market.services.candles import store_candles
from market.tests.candles.making import MIDNIGHT, NOW, milliseconds, walk, without
from strategies.selectors import candles
from strategies.selectors.candles import (
    CandlesMissing,
    TooManyCandles,
    candles_of_run,
    check_candles,
    span_between,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(coverage, "_remembered", {})


@pytest.fixture
def stored(on_bybit):
    """BTCUSDT has an hour of minutes from midnight on, but for those at these places."""

    def store(*lacking):
        store_candles(on_bybit, without(walk(60), *lacking), now=NOW)
        return on_bybit

    return store


def minutes(first, end):
    return span_between(Interval.M1, start=MIDNIGHT + first * MINUTE, end=MIDNIGHT + end * MINUTE, now=NOW)


def opening(place):
    return milliseconds(MIDNIGHT + place * MINUTE)


def test_a_span_holds_the_candles_that_open_between_its_ends():
    start, end = MIDNIGHT + timedelta(seconds=30), MIDNIGHT + timedelta(minutes=5, seconds=30)
    span = span_between(Interval.M1, start=start, end=end, now=NOW)
    assert (span.opens, span.closes, span.count) == (MIDNIGHT + MINUTE, MIDNIGHT + 6 * MINUTE, 5)


def test_a_candle_that_has_not_closed_is_not_run_on():
    now = MIDNIGHT + timedelta(minutes=10, seconds=30)
    with pytest.raises(Exception, match=r"the end is 2026-03-02T00:10Z at the latest"):
        span_between(Interval.M1, start=MIDNIGHT, end=now, now=now)
    assert span_between(Interval.M1, start=MIDNIGHT, end=MIDNIGHT + 10 * MINUTE, now=now).count == 10


def test_more_candles_than_one_run_may_have_are_refused(monkeypatch):
    monkeypatch.setattr(candles, "MOST_CANDLES", 10)
    assert minutes(0, 10).count == 10
    with pytest.raises(TooManyCandles, match="11 candles; one run has 10 at most"):
        minutes(0, 11)


def test_whole_candles_are_taken(stored):
    check_candles(stored(), minutes(0, 60), may_lack=False, now=NOW)


def test_each_gap_is_named_and_so_is_the_way_to_fetch_it(stored):
    with pytest.raises(CandlesMissing) as refused:
        check_candles(stored(10, 11, 40), minutes(5, 61), may_lack=False, now=NOW)
    said = refused.value.message
    assert said.startswith("4 of 56 candles of BTCUSDT 1m are missing: 2026-03-02T00:10Z to 2026-03-02T00:12Z; ")
    assert "2026-03-02T00:40Z to 2026-03-02T00:41Z; 2026-03-02T01:00Z to 2026-03-02T01:01Z." in said
    assert "backfill_candles BTCUSDT --interval 1m --start 2026-03-02T00:10Z --end 2026-03-02T01:01Z" in said
    assert list(refused.value.errors) == ["start_date"]


def test_of_many_gaps_the_first_are_named(stored):
    with pytest.raises(CandlesMissing, match="and 4 more gaps"):
        check_candles(stored(*range(1, 18, 2)), minutes(0, 60), may_lack=False, now=NOW)


def test_gaps_may_be_run_over_but_not_with_nothing_between_them(stored):
    check_candles(stored(10), minutes(0, 60), may_lack=True, now=NOW)
    with pytest.raises(CandlesMissing):
        check_candles(stored(10), minutes(70, 90), may_lack=True, now=NOW)


def test_the_candles_before_the_span_are_for_warming_up(stored):
    told = candles_of_run(stored(), minutes(30, 60), warm_up=10, now=NOW)
    assert (len(told.series), told.first, told.series.opened_at[told.first]) == (40, 10, opening(30))


@pytest.mark.parametrize(("lacking", "first"), [((25,), 4), ((29,), 0), ((0,), 10)])
def test_they_lead_up_to_it_without_a_hole(stored, lacking, first):
    told = candles_of_run(stored(*lacking), minutes(30, 60), warm_up=10, now=NOW)
    assert (told.first, told.series.opened_at[told.first]) == (first, opening(30))


def test_where_there_are_fewer_it_takes_what_there_is(stored):
    assert candles_of_run(stored(), minutes(3, 60), warm_up=10, now=NOW).first == 3


def test_a_span_that_begins_in_a_gap_begins_behind_it(stored):
    told = candles_of_run(stored(30), minutes(30, 60), warm_up=10, now=NOW)
    assert (told.first, len(told.series), told.series.opened_at[0]) == (0, 29, opening(31))


def test_a_synthetic_market_has_all_from_its_beginning(btcusdt):
    span = span_between(Interval.D1, start=datetime(2023, 12, 31, tzinfo=UTC), end=MIDNIGHT, now=NOW)
    with pytest.raises(CandlesMissing, match="2023-12-31T00:00Z to 2024-01-01T00:00Z"):
        check_candles(btcusdt, span, may_lack=False, now=NOW)
