"""How candles lie in blocks: one contiguous column after another, so that reading a block is one copy a column."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from market.candles.series import COLUMNS, CandleSeries, Floats
from market.intervals import Interval
from market.models.candles import SLOTS

_FLOATS = np.dtype("<f8")
_MILLISECONDS = 1_000
# Up to eight years of minutes the arrays are made before the first block is there.
_MOST_ROOM = 4_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """The candles of one row of the table, as `CandleBlock` tells of its columns."""

    number: int
    first_slot: int
    slots: int
    count: int
    data: bytes

    @classmethod
    def of(cls, number: int, first_slot: int, values: Floats) -> Self:
        """Return the block of (5, slots) values that begins with a slot of this number."""
        count = int(np.count_nonzero(~np.isnan(values[0])))
        return cls(number, first_slot, values.shape[1], count, values.astype(_FLOATS, copy=False).tobytes())

    @property
    def first(self) -> int:
        """The number of its first candle, counted from 1970."""
        return self.number * SLOTS + self.first_slot

    @property
    def values(self) -> Floats:
        """Its columns as a view of its bytes, (5, slots), not to be written to."""
        return np.frombuffer(self.data, dtype=_FLOATS).reshape(len(COLUMNS), self.slots)


@dataclass(frozen=True, slots=True)
class Laid:
    """A block that others were laid on: how many of its candles are new, and how many are not what they were."""

    block: Block
    added: int
    replaced: int


def pack(series: CandleSeries) -> list[Block]:
    """Return a series as blocks, ascending by number. A candle that opens between two openings is a ValueError."""
    if not len(series):
        return []
    numbers = _numbers(series)
    edges = np.flatnonzero(np.diff(numbers // SLOTS)) + 1
    bounds = [0, *edges.tolist(), len(numbers)]
    columns = [getattr(series, name) for name in COLUMNS]
    return [_packed(numbers, columns, *bounds[at : at + 2]) for at in range(len(bounds) - 1)]


def lay(above: Block, below: Block) -> Laid:
    """Return a block of both blocks' candles; where both have one it is the one above. Added is told as of `below`."""
    under, over = _side_by_side(above, below)
    put, had = ~np.isnan(over[0]), ~np.isnan(under[0])
    differ = put & had & (over != under).any(axis=0)
    laid = np.where(put, over, under)
    first = min(above.first_slot, below.first_slot)
    return Laid(Block.of(below.number, first, laid), int((put & ~had).sum()), int(differ.sum()))


def unpack(blocks: Iterable[Block], interval: Interval, *, first: int, end: int) -> CandleSeries:
    """Return the candles whose numbers are from `first` to before `end`, of blocks that ascend.

    The arrays are made once, and each block is copied into them, column by column, as it comes: the bytes of the
    next take its place in memory. Times are made last, a run of blocks without a gap between them at once.
    """
    room = max(0, end - first)
    if room > _MOST_ROOM:
        blocks = list(blocks)
        room = min(room, sum(block.slots for block in blocks))
    # What is never written to takes no memory.
    values = np.empty((len(COLUMNS), room))
    runs: list[range] = []
    at, is_whole = 0, True
    for block in blocks:
        start, stop = max(0, first - block.first), min(block.slots, end - block.first)
        if stop <= start:
            continue
        here = slice(at, at + stop - start)
        values[:, here] = block.values[:, start:stop]
        begun = runs.pop().start if runs and runs[-1].stop == block.first + start else block.first + start
        runs.append(range(begun, block.first + stop))
        at, is_whole = here.stop, is_whole and block.count == block.slots
    there = slice(at) if is_whole else np.flatnonzero(~np.isnan(values[0, :at]))
    told = CandleSeries(interval, _openings(interval, runs)[there], *values[:, there])
    return told if 2 * at > room else told.copy()


def present(block: Block) -> Iterator[tuple[int, int]]:
    """Yield the runs of candles that the block holds without a hole: the first number, and the one after the last."""
    there = np.concatenate(([False], ~np.isnan(block.values[0]), [False]))
    edges = np.flatnonzero(there[1:] != there[:-1]) + block.first
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _openings(interval: Interval, runs: Sequence[range]) -> NDArray[np.int64]:
    """Return the milliseconds at which the candles of these runs of numbers begin."""
    step = interval.seconds * _MILLISECONDS
    starts = [interval.opens_at(run.start) * _MILLISECONDS for run in runs]
    spans = [(start, start + len(run) * step) for start, run in zip(starts, runs, strict=True)]
    found = [np.arange(*span, step, dtype=np.int64) for span in spans]
    return found[0] if len(found) == 1 else np.concatenate([np.empty(0, dtype=np.int64), *found])


def _numbers(series: CandleSeries) -> NDArray[np.int64]:
    interval = series.interval
    numbers, past = np.divmod(series.opened_at - interval.offset_seconds * 1_000, interval.seconds * 1_000)
    if past.any() or (np.diff(numbers) <= 0).any():
        raise ValueError(f"these are no candles of {interval.value} that ascend")
    return numbers


def _packed(numbers: NDArray[np.int64], columns: Sequence[Floats], start: int, stop: int) -> Block:
    number, first_slot = divmod(int(numbers[start]), SLOTS)
    slots = numbers[start:stop] - numbers[start]
    values = np.full((len(COLUMNS), int(slots[-1]) + 1), np.nan)
    for row, column in zip(values, columns, strict=True):
        row[slots] = column[start:stop]
    return Block.of(number, first_slot, values)


def _side_by_side(above: Block, below: Block) -> tuple[Floats, Floats]:
    """Return the values of `below` and of `above`, each on the slots that the two have together."""
    first = min(above.first_slot, below.first_slot)
    end = max(above.first_slot + above.slots, below.first_slot + below.slots)
    both = np.full((2, len(COLUMNS), end - first), np.nan)
    for values, block in zip(both, (below, above), strict=True):
        values[:, block.first_slot - first : block.first_slot - first + block.slots] = block.values
    return both[0], both[1]
