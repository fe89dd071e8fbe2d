"""Runs of candles: joined, cut, paged, and the holes between; checked against plain sets of numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.candles.runs import Run, complete, counted, cut, gaps, joined, last_page, makes, page
from market.intervals import Interval

pairs = st.lists(st.tuples(st.integers(-20, 60), st.integers(-20, 60)), max_size=8)
ends = st.tuples(st.integers(-30, 70), st.integers(-30, 70)).map(sorted)
few = st.integers(0, 30)


def numbers(runs):
    return [number for run in runs for number in range(*run)]


@given(pairs)
def test_joined_runs_ascend_and_hold_each_number_once(told):
    assert numbers(joined(told)) == sorted({number for pair in told for number in range(*pair)})


@given(pairs)
def test_between_joined_runs_lies_a_hole(told):
    runs = joined(told)
    assert all(one.end < other.first for one, other in pairwise(runs))


@given(pairs, ends)
def test_a_cut_and_its_gaps_are_the_whole(told, between):
    first, end = between
    runs = joined(told)
    inside, holes = cut(runs, first=first, end=end), gaps(runs, first=first, end=end)
    assert sorted(numbers(inside) + numbers(holes)) == list(range(first, end))
    assert set(numbers(inside)) <= set(numbers(runs))
    assert not set(numbers(holes)) & set(numbers(runs))


@given(pairs, few, few)
def test_a_page_is_a_slice(told, skip, take):
    runs = joined(told)
    assert numbers(page(runs, skip=skip, take=take)) == numbers(runs)[skip : skip + take]


@given(pairs, few, few)
def test_a_last_page_is_a_slice_from_the_end(told, skip, take):
    runs = joined(told)
    newest_first = numbers(runs)[::-1]
    assert numbers(last_page(runs, skip=skip, take=take)) == newest_first[skip : skip + take][::-1]


@given(pairs)
def test_complete_periods_have_all_their_parts(told):
    runs = joined(told)
    parts = set(numbers(runs))
    wanted = [period for period in range(-10, 20) if {*range(5 * period, 5 * period + 5)} <= parts]
    assert numbers(complete(runs, Interval.M1, Interval.M5)) == wanted


def test_a_week_is_made_of_days_from_a_monday_on():
    monday = Interval.D1.number_at(1772409600)  # 2026-03-02
    week = Interval.W1.number_at(1772409600)
    assert complete([Run(monday - 1, monday + 8)], Interval.D1, Interval.W1) == [Run(week, week + 1)]


@pytest.mark.parametrize(
    ("lower", "higher"),
    [("1m", "3m"), ("15m", "30m"), ("1m", "1w"), ("12h", "1w"), ("1d", "3d"), ("2h", "4h"), ("2h", "6h")],
)
def test_what_divides_makes(lower, higher):
    assert makes(Interval(lower), Interval(higher))


@pytest.mark.parametrize(("lower", "higher"), [("3m", "5m"), ("1d", "1d"), ("3d", "1w"), ("4h", "6h"), ("1h", "1m")])
def test_what_does_not_divide_makes_nothing(lower, higher):
    assert not makes(Interval(lower), Interval(higher))


def test_runs_are_counted_by_their_candles():
    assert counted([Run(1, 4), Run(6, 7)]) == 4
