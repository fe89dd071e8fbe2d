"""Which candles are stored: the runs of each interval of an instrument, told without reading the candles."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from market.candles.blocks import present
from market.candles.reading import blocks_of
from market.candles.runs import Run, joined
from market.intervals import Interval
from market.models import CandleBlock
from market.models.candles import SLOTS

_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Head:
    """What a row of the table says of its block."""

    id: int
    interval: str
    number: int
    first_slot: int
    slots: int
    count: int
    updated_at: datetime

    @property
    def whole(self) -> Run:
        """The candles of a block without holes."""
        first = self.number * SLOTS + self.first_slot
        return Run(first, first + self.slots)


_HEAD = [each.name for each in fields(Head)]
# The runs of blocks with holes, as far as this process has read them; a block that changes is another head.
_remembered: dict[Head, list[Run]] = {}


def stored_runs(instrument_id: UUID, intervals: Iterable[Interval]) -> dict[Interval, list[Run]]:
    """Return the candles that are stored of those of these intervals that have any: a statement, and one for each
    interval that has blocks with holes which this process has not read as they are now.
    """
    rows = CandleBlock.objects.filter(instrument=instrument_id, interval__in=list(intervals)).order_by("number")
    heads: dict[Interval, list[Head]] = defaultdict(list)
    for row in rows.values_list(*_HEAD):
        heads[Interval(row[1])].append(Head(*row))
    return {interval: _runs(instrument_id, interval, told) for interval, told in heads.items()}


def _runs(instrument_id: UUID, interval: Interval, heads: Sequence[Head]) -> list[Run]:
    holed = [head for head in heads if head.count < head.slots]
    known = {head: _remembered[head] for head in holed if head in _remembered}
    unknown = {head.number: head for head in holed if head not in known}
    if unknown:
        blocks = blocks_of(instrument_id, interval, number__in=list(unknown))
        read = {unknown[block.number]: [Run(*run) for run in present(block)] for block in blocks}
        _remember(read)
        known |= read
    whole = [head.whole for head in heads if head.count == head.slots]
    return joined([*whole, *(run for runs in known.values() for run in runs)])


def _remember(read: dict[Head, list[Run]]) -> None:
    if len(_remembered) > _MOST_REMEMBERED:
        _remembered.clear()
    _remembered.update(read)
