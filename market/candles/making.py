"""Candles of a higher interval, made of those of a lower: of complete periods only."""

from collections.abc import Sequence

import numpy as np

from market.candles.series import COLUMNS, CandleSeries
from market.intervals import Interval

_MILLISECONDS = 1_000


def made_of(lower: CandleSeries, interval: Interval) -> CandleSeries:
    """Return the candles of a higher interval whose every lower candle is there; the others are left out.

    Open of the first, close of the last, the highest high, the lowest low, the volumes added. The lower interval
    divides the higher one (`runs.makes`).
    """
    if not len(lower):
        return CandleSeries.empty(interval)
    offset, length = interval.offset_seconds * _MILLISECONDS, interval.seconds * _MILLISECONDS
    periods = (lower.opened_at - offset) // length
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(periods)) + 1))
    counts = np.diff(np.append(firsts, len(lower)))
    whole = counts == interval.seconds // lower.interval.seconds
    return CandleSeries(
        interval,
        periods[firsts[whole]] * length + offset,
        lower.open[firsts[whole]],
        np.maximum.reduceat(lower.high, firsts)[whole],
        np.minimum.reduceat(lower.low, firsts)[whole],
        lower.close[(firsts + counts - 1)[whole]],
        np.add.reduceat(lower.volume, firsts)[whole],
    )


def joined_series(parts: Sequence[CandleSeries]) -> CandleSeries:
    """Return series of one interval that follow each other, at least one, as one."""
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("opened_at", *COLUMNS)]
    return CandleSeries(parts[0].interval, *columns)


def laid_under(above: CandleSeries, below: CandleSeries) -> CandleSeries:
    """Return the candles of both, ascending; where both have one it is the one above."""
    if not len(above) or not len(below):
        return above if len(above) else below
    lacking = ~np.isin(below.opened_at, above.opened_at, assume_unique=True)
    order = np.argsort(np.concatenate((above.opened_at, below.opened_at[lacking])), kind="stable")

    def both(name: str) -> np.ndarray:
        return np.concatenate((getattr(above, name), getattr(below, name)[lacking]))[order]

    return CandleSeries(above.interval, *(both(name) for name in ("opened_at", *COLUMNS)))
