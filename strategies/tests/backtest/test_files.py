"""A finished backtest kept and read back; a curve made of few points."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.backtest.files import downsample, pack, unpack
from strategies.tests.backtest.running import candles, flat, run

RESULT = run(candles(flat(100), flat(100), flat(110), flat(90)), [1, -1, -1, -1])


@pytest.mark.parametrize("field", [field.name for field in fields(RESULT) if field.name != "trades"])
def test_what_is_unpacked_is_what_was_packed(field):
    assert np.array_equal(getattr(unpack(pack(RESULT)), field), getattr(RESULT, field))


@pytest.mark.parametrize("column", [field.name for field in fields(RESULT.trades)])
def test_trades_come_back_bit_for_bit(column):
    before, after = (getattr(result.trades, column) for result in (RESULT, unpack(pack(RESULT))))
    assert before.tobytes() == after.tobytes()
    assert before.dtype == after.dtype


def test_what_is_no_such_file_is_refused():
    with pytest.raises(ValueError, match="pickle"):
        unpack(b"nonsense")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(4, 40))
def test_a_curve_of_few_points_keeps_its_ends_and_extremes(values, points):
    kept = downsample(np.array(values), points)
    assert len(kept) <= points
    assert (np.diff(kept) > 0).all()
    assert {0, len(values) - 1} <= set(kept.tolist())
    assert {min(values), max(values)} <= {values[place] for place in kept}


def test_a_short_curve_is_kept_whole():
    assert downsample(np.arange(10.0), 10).tolist() == list(range(10))


def test_a_spike_of_one_candle_is_kept():
    values = np.zeros(100_000)
    values[[33_333, 70_001]] = -1, 1
    assert {33_333, 70_001} <= set(downsample(values, 10).tolist())
