"""Candles for tests: from closes that a test writes down, and walks on a grid of ticks from a seed."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from market.candles.series import CandleSeries
from market.intervals import Interval

MINUTE = 60_000


def series(closes: Sequence[float], *, highs: Sequence[float] = (), lows: Sequence[float] = ()) -> CandleSeries:
    """Candles of a minute that open where the one before closed, as high and low as open and close unless told."""
    close = np.array(closes, dtype=np.float64)
    begun = np.concatenate([close[:1], close[:-1]])
    high = np.array(highs, dtype=np.float64) if len(highs) else np.maximum(begun, close)
    low = np.array(lows, dtype=np.float64) if len(lows) else np.minimum(begun, close)
    opened_at = np.arange(len(close), dtype=np.int64) * MINUTE
    return CandleSeries(Interval.M1, opened_at, begun, high, low, close, np.ones(len(close)))


def walk(seed: int, candles: int, *, tick: float = 0.1, moving: float = 1.0) -> CandleSeries:
    """Candles around 10,000 ticks; of each candle the close moves with a chance of `moving`."""
    draws = np.random.default_rng(seed)
    steps = draws.integers(-20, 21, candles) * (draws.random(candles) < moving)
    ticks = 10_000 + np.cumsum(steps)
    wicks = draws.integers(0, 15, (2, candles))
    begun = np.concatenate([ticks[:1], ticks[:-1]])
    highs, lows = np.maximum(begun, ticks) + wicks[0], np.minimum(begun, ticks) - wicks[1]
    return series(ticks * tick, highs=highs * tick, lows=lows * tick)


walks = st.builds(
    walk,
    st.integers(0, 2**32),
    st.just(1_600),
    tick=st.sampled_from([1e-9, 0.01, 0.1, 10]),
    moving=st.sampled_from([0.001, 0.02, 0.5, 1.0]),
)
