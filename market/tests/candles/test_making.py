"""Higher candles made of lower ones, against the arithmetic by hand."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.candles.making import laid_under, made_of
from market.candles.runs import complete, counted, joined
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.tests.candles.making import MIDNIGHT, milliseconds, picked, rows, walk, without


def test_a_candle_of_five_minutes_is_open_highest_lowest_close_and_the_volumes_added():
    five = rows(walk(5))
    [(opened_at, first, high, low, close, volume)] = rows(made_of(walk(5), Interval.M5))
    assert (opened_at, first, close) == (milliseconds(MIDNIGHT), five[0][1], five[4][4])
    assert high == max(row[2] for row in five)
    assert low == min(row[3] for row in five)
    assert volume == pytest.approx(sum(row[5] for row in five))


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_a_period_that_lacks_a_minute_has_no_candle(missing):
    made = made_of(without(walk(15), 5 + missing), Interval.M5)
    assert [at - milliseconds(MIDNIGHT) for at in made.opened_at] == [0, 10 * 60_000]


def test_a_period_that_has_only_begun_has_no_candle():
    assert len(made_of(walk(9), Interval.M5)) == 1
    assert len(made_of(walk(4), Interval.M5)) == 0


def test_no_candles_make_none():
    assert len(made_of(CandleSeries.empty(Interval.M1), Interval.H1)) == 0


def test_a_week_is_made_of_its_seven_days_from_monday():
    days = walk(16, interval=Interval.D1, start=MIDNIGHT - timedelta(days=2))
    made = made_of(days, Interval.W1)
    assert [at - milliseconds(MIDNIGHT) for at in made.opened_at] == [0, 7 * 86_400_000]
    assert made.open.tolist() == [days.open[2], days.open[9]]


@settings(deadline=None, max_examples=50)
@given(st.sets(st.integers(0, 300), min_size=1).map(sorted))
def test_as_many_are_made_as_the_runs_say(kept):
    minutes = picked(walk(301), kept)
    numbers = (minutes.opened_at // 60_000).tolist()
    runs = joined((number, number + 1) for number in numbers)
    assert len(made_of(minutes, Interval.M3)) == counted(complete(runs, Interval.M1, Interval.M3))


def test_the_candle_above_is_the_one_that_stands():
    above, below = picked(walk(10), [3, 7]), walk(10, seed=2)
    told = rows(laid_under(above, below))
    assert [told[3], told[7]] == rows(above)
    assert [told[0], told[9]] == [rows(below)[0], rows(below)[9]]
    assert len(told) == 10


def test_laid_under_nothing_is_what_is_below():
    assert rows(laid_under(CandleSeries.empty(Interval.M1), walk(3))) == rows(walk(3))
    assert rows(laid_under(walk(3), CandleSeries.empty(Interval.M1))) == rows(walk(3))
