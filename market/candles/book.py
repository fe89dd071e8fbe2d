"""Which candles of one instrument and interval can be read, and reading them: its own, others made of lower ones.

The rule. A stored candle is given as it is stored. Where it lacks, it is made of the candles of the largest stored
interval that divides it, else of the next smaller one; only of a whole period, every lower candle there, never of a
part. Of a synthetic instrument the candles are computed, unless somebody stored candles of it: then these count alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from market.candles.coverage import stored_runs
from market.candles.making import laid_under, made_of
from market.candles.reading import stored_candles
from market.candles.runs import Run, complete, cut, gaps, joined, makes
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import Instrument
from market.sources.synthetic_candles import BEGINNING, SyntheticMarket, market_of, synthetic_candles


class CandleBook(Protocol):
    """The closed candles of one instrument and interval."""

    @property
    def runs(self) -> Sequence[Run]:
        """All that there are, ascending."""
        ...

    def read(self, *, first: int, end: int) -> CandleSeries:
        """Return those whose numbers are from `first` to before `end`."""
        ...


@dataclass(frozen=True, slots=True)
class StoredBook:
    """Candles of the table. `layers` says which of them each stored interval gives: its own first, the largest next."""

    instrument_id: UUID
    interval: Interval
    layers: Sequence[tuple[Interval, Sequence[Run]]]
    runs: Sequence[Run]

    def read(self, *, first: int, end: int) -> CandleSeries:
        """Return them in one statement for each interval that is needed, and no more of it than is lacking."""
        told, there = CandleSeries.empty(self.interval), list[Run]()
        for stored, runs in self.layers:
            lacking = gaps(there, first=first, end=end)
            wanted = cut(runs, first=lacking[0].first, end=lacking[-1].end) if lacking else []
            if wanted:
                told = laid_under(told, self._layer(stored, first=wanted[0].first, end=wanted[-1].end))
                there = joined([*there, *wanted])
        return told

    def _layer(self, stored: Interval, *, first: int, end: int) -> CandleSeries:
        if stored is self.interval:
            return stored_candles(self.instrument_id, stored, first=first, end=end)
        numbers = [stored.number_at(self.interval.opens_at(number)) for number in (first, end)]
        return made_of(stored_candles(self.instrument_id, stored, first=numbers[0], end=numbers[1]), self.interval)


@dataclass(frozen=True, slots=True)
class ComputedBook:
    """Candles of the synthetic market."""

    market: SyntheticMarket
    interval: Interval
    runs: Sequence[Run]

    def read(self, *, first: int, end: int) -> CandleSeries:
        """Return those that have closed."""
        inside = [edge for run in cut(self.runs, first=first, end=end) for edge in run] or [first, first]
        return synthetic_candles(self.market, self.interval, first=inside[0], end=inside[-1])


def candle_book(instrument: Instrument, interval: Interval, *, now: datetime) -> CandleBook:
    """Return the book of one instrument and interval: a few statements, however much is stored (`stored_runs`)."""
    stored = stored_runs(instrument.id, [each for each in Interval if each is interval or makes(each, interval)])
    market = market_of(instrument) if instrument.source == "synthetic" else None
    if market is None or stored:
        return _stored_book(instrument.id, interval, stored)
    first = interval.first_from(BEGINNING)
    return ComputedBook(market, interval, joined([(first, interval.number_at(int(now.timestamp())))]))


def _stored_book(instrument_id: UUID, interval: Interval, stored: Mapping[Interval, Sequence[Run]]) -> StoredBook:
    largest_first = sorted(stored, key=lambda each: each.seconds, reverse=True)
    layers = [
        (each, stored[each] if each is interval else complete(stored[each], each, interval)) for each in largest_first
    ]
    return StoredBook(instrument_id, interval, layers, joined(run for _, runs in layers for run in runs))
