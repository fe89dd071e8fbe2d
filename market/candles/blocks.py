"""How candles lie in blocks: one contiguous column after another, so that reading a block is one copy a column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from market.candles.series import COLUMNS, CandleSeries, Floats
from market.intervals import Interval
from market.models.candles import SLOTS

_FLOATS = np.dtype("<f8")
_MILLISECONDS = 1_000


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


def unpack(blocks: Sequence[Block], interval: Interval, *, first: int, end: int) -> CandleSeries:
    """Return the candles whose numbers are from `first` to before `end`, of blocks that ascend.

    The arrays are made once and each block is copied into them, column by column.
    """
    parts = [(block, *_cut(block, first, end)) for block in blocks]
    total = sum(max(0, stop - start) for _, start, stop in parts)
    values = np.empty((len(COLUMNS), total))
    numbers = np.empty(total, dtype=np.int64)
    at = 0
    for block, start, stop in parts:
        if stop > start:
            here = slice(at, at + stop - start)
            values[:, here] = block.values[:, start:stop]
            numbers[here] = np.arange(block.first + start, block.first + stop)
            at = here.stop
    if any(block.count < block.slots for block in blocks):
        there = ~np.isnan(values[0])
        values, numbers = values[:, there], numbers[there]
    return CandleSeries(interval, opened_at(interval, numbers), *values)


def opened_at(interval: Interval, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the milliseconds at which candles of these numbers begin; the array that is given is written over."""
    numbers *= interval.seconds * _MILLISECONDS
    numbers += interval.offset_seconds * _MILLISECONDS
    return numbers


def present(block: Block) -> Iterator[tuple[int, int]]:
    """Yield the runs of candles that the block holds without a hole: the first number, and the one after the last."""
    there = np.concatenate(([False], ~np.isnan(block.values[0]), [False]))
    edges = np.flatnonzero(there[1:] != there[:-1]) + block.first
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


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


def _cut(block: Block, first: int, end: int) -> tuple[int, int]:
    return max(0, first - block.first), min(block.slots, end - block.first)
