"""Fewer candles where a screen has no room for all: several are drawn as one."""

import numpy as np

from market.candles.series import CandleSeries


def joined_candles(candles: CandleSeries, *, most: int) -> tuple[CandleSeries, int]:
    """Return at most `most` candles, and how many of the given ones each of them is: open of the first, close of the
    last, highest high, lowest low, volume summed; fewer in the last one. Their `interval` stays the given one's.
    """
    n = len(candles)
    width = max(1, -(-n // most))
    if width == 1:
        return candles, 1
    starts = np.arange(0, n, width)
    ends = np.minimum(starts + width, n) - 1
    return (
        CandleSeries(
            candles.interval,
            candles.opened_at[starts],
            candles.open[starts],
            np.maximum.reduceat(candles.high, starts),
            np.minimum.reduceat(candles.low, starts),
            candles.close[ends],
            np.add.reduceat(candles.volume, starts),
        ),
        width,
    )
