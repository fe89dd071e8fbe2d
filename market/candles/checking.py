"""What is wrong with candles of a file: each kind counted, its first lines named; what cannot be stored is left out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from market.candles.csv_files import UNREADABLE, Batch
from market.candles.series import COLUMNS, CandleSeries, Milliseconds
from market.intervals import Interval

_FIRST_LINES = 5
_PRICES = 4

Chosen = NDArray[np.bool_]


@dataclass(slots=True)
class Trouble:
    """One kind of trouble: how many rows, and the first of their lines."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, lines: NDArray[np.int64]) -> None:
        self.count += len(lines)
        self.lines += lines[: _FIRST_LINES - len(self.lines)].tolist()


class FileCheck:
    """Looks through the batches of one file. `troubles` by kind; rows out of order are stored, the others are not."""

    def __init__(self, interval: Interval, *, now_milliseconds: int) -> None:
        self.rows = 0
        self.troubles = {kind: Trouble() for kind in ("bad", "misaligned", "unclosed", "duplicate", "out of order")}
        self._interval = interval
        self._now = now_milliseconds
        self._seen: list[Milliseconds] = []
        self._newest = -1

    def sound(self, batch: Batch) -> CandleSeries:
        """Return the batch's sound candles, ascending; of several of one time the first."""
        length, offset = self._interval.seconds * 1_000, self._interval.offset_seconds * 1_000
        self.rows += len(batch.lines)
        kept = self._without(batch, "bad", _are_bad(batch), np.ones(len(batch.lines), dtype=np.bool_))
        kept = self._without(batch, "misaligned", (batch.opened_at - offset) % length != 0, kept)
        kept = self._without(batch, "unclosed", batch.opened_at + length > self._now, kept)
        kept = self._without(batch, "duplicate", self._are_known(batch.opened_at, kept), kept)
        times = batch.opened_at[kept]
        before = np.maximum.accumulate(np.concatenate(([self._newest], times)))
        self.troubles["out of order"].add(batch.lines[kept][times < before[:-1]])
        self._newest = int(before[-1])
        order = np.argsort(times, kind="stable")
        self._seen.append(times[order])
        values = batch.values[:, kept][:, order]
        return CandleSeries(self._interval, times[order], *(values[place] for place in range(len(COLUMNS))))

    def gaps(self) -> list[tuple[int, int]]:
        """Return the holes between the file's candles: the milliseconds at which each begins and ends."""
        length = self._interval.seconds * 1_000
        times = np.unique(np.concatenate(self._seen)) if self._seen else np.empty(0, dtype=np.int64)
        places = np.flatnonzero(np.diff(times) > length)
        return list(zip((times[places] + length).tolist(), times[places + 1].tolist(), strict=True))

    def _without(self, batch: Batch, kind: str, wrong: Chosen, kept: Chosen) -> Chosen:
        self.troubles[kind].add(batch.lines[wrong & kept])
        return kept & ~wrong

    def _are_known(self, opened_at: Milliseconds, kept: Chosen) -> Chosen:
        known = ~kept
        known[np.flatnonzero(kept)[np.unique(opened_at[kept], return_index=True)[1]]] = True
        known = ~known
        for seen in self._seen:
            if len(seen):
                known |= seen[np.searchsorted(seen, opened_at).clip(max=len(seen) - 1)] == opened_at
        return known


def _are_bad(batch: Batch) -> Chosen:
    first, high, low, last, volume = batch.values
    prices = batch.values[:_PRICES]
    sound = np.isfinite(batch.values).all(axis=0) & (prices > 0).all(axis=0) & (volume >= 0)
    with np.errstate(invalid="ignore"):
        sound &= (high >= np.maximum(first, last)) & (low <= np.minimum(first, last))
    return (batch.opened_at == UNREADABLE) | ~sound
