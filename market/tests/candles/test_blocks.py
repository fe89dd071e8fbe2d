"""Candles in blocks: what is packed comes out again, whatever is cut or laid upon it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.candles.blocks import lay, pack, present, unpack
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models.candles import SLOTS
from market.tests.candles.making import MIDNIGHT, milliseconds, picked, rows, walk, without

FIRST = milliseconds(MIDNIGHT) // 60_000
places = st.sets(st.integers(0, 4_000), min_size=1, max_size=60).map(sorted)


def read(blocks, first=FIRST, end=FIRST + 5_000):
    return unpack(blocks, Interval.M1, first=first, end=end)


@settings(max_examples=60, deadline=None)
@given(places)
def test_what_is_packed_comes_out_again(kept):
    series = picked(walk(4_001), kept)
    assert rows(read(pack(series))) == rows(series)


@settings(max_examples=60, deadline=None)
@given(places, st.integers(0, 4_000), st.integers(0, 4_000))
def test_a_cut_is_what_lies_between_its_ends(kept, first, end):
    series = picked(walk(4_001), kept)
    wanted = picked(series, [at for at, place in enumerate(kept) if first <= place < end])
    assert rows(read(pack(series), FIRST + first, FIRST + end)) == rows(wanted)


@settings(max_examples=60, deadline=None)
@given(places, places)
def test_what_is_laid_above_hides_what_is_below(one, other):
    above, below = picked(walk(SLOTS, seed=2), _within(one)), picked(walk(SLOTS), _within(other))
    laid = lay(pack(above)[0], pack(below)[0])
    both = {row[0]: row for row in rows(below)} | {row[0]: row for row in rows(above)}
    assert rows(read([laid.block])) == [both[at] for at in sorted(both)]
    assert laid.added == len(both) - len(below)
    assert laid.block.count == len(both)


def test_a_day_of_minutes_is_one_block_and_a_year_365():
    assert [block.slots for block in pack(walk(SLOTS))] == [SLOTS]
    assert len(pack(walk(365 * SLOTS))) == 365


def test_a_block_takes_no_more_than_its_candles_span():
    [block] = pack(without(walk(10), 0, 1, 4))
    assert (block.first_slot, block.slots, block.count, len(block.data)) == (2, 8, 7, 5 * 8 * 8)


def test_what_was_there_and_is_the_same_is_neither_added_nor_replaced():
    [block] = pack(walk(10))
    laid = lay(block, block)
    assert (laid.block, laid.added, laid.replaced) == (block, 0, 0)


def test_one_figure_that_differs_is_a_candle_replaced():
    series = walk(10)
    changed = picked(series, range(10))
    changed.volume[3] += 1
    assert lay(pack(changed)[0], pack(series)[0]).replaced == 1


def test_runs_of_a_block_end_where_a_candle_is_missing():
    [block] = pack(without(walk(10), 3, 4, 8))
    assert list(present(block)) == [(FIRST, FIRST + 3), (FIRST + 5, FIRST + 8), (FIRST + 9, FIRST + 10)]


def test_arrays_of_a_whole_block_own_their_memory_and_are_one_piece():
    series = read(pack(walk(SLOTS)))
    assert series.close.flags.c_contiguous
    assert series.close.flags.writeable


def test_weeks_begin_on_mondays():
    series = walk(5, interval=Interval.W1)
    week = Interval.W1.number_at(int(MIDNIGHT.timestamp()))
    assert rows(unpack(pack(series), Interval.W1, first=week, end=week + 5)) == rows(series)


def test_candle_between_two_openings_is_no_candle():
    series = walk(3)
    series.opened_at[1] += 1
    with pytest.raises(ValueError, match="no candles of 1m"):
        pack(series)


def test_candles_that_do_not_ascend_are_refused():
    series = walk(3)
    with pytest.raises(ValueError, match="ascend"):
        pack(picked(series, np.array([0, 2, 1])))


def test_nothing_packs_to_nothing():
    assert pack(CandleSeries.empty(Interval.M1)) == []
    assert len(read([])) == 0


def _within(kept):
    return [place for place in kept if place < SLOTS] or [0]
