"""Candles as arrays, one element a candle: what sources give, what is stored and what is read."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from market.intervals import Interval

Floats = NDArray[np.float64]
Milliseconds = NDArray[np.int64]

COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class CandleSeries:
    """Closed candles of one interval, ascending, each once; where there was none, there is no element.

    `opened_at` (n,) int64 milliseconds UTC; `open`, `high`, `low`, `close` (n,) float64 in quote currency, `volume`
    (n,) float64 in base units, 0 where the source tells none. A float64 gives 15 significant digits back as they were.
    """

    interval: Interval
    opened_at: Milliseconds
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @classmethod
    def empty(cls, interval: Interval) -> Self:
        """Return a series without candles."""
        none = np.empty(0, dtype=np.float64)
        return cls(interval, np.empty(0, dtype=np.int64), none, none, none, none, none)

    def __len__(self) -> int:
        return len(self.opened_at)

    def cut(self, places: slice) -> Self:
        """Return some of the candles as views of these arrays."""
        return type(self)(self.interval, self.opened_at[places], *(getattr(self, name)[places] for name in COLUMNS))

    def copy(self) -> Self:
        """Return the candles in arrays of their own."""
        return type(self)(self.interval, self.opened_at.copy(), *(getattr(self, name).copy() for name in COLUMNS))
