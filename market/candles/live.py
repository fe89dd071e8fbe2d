"""Candles of the minute that passes, gathered from the feed's quotes: of minutes that were watched from end to end.

A quote is a sample: the price may have been elsewhere between two of them. So these candles fill what is not stored
and never replace one that a source told, and their volume is 0, for a quote tells of none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from market.candles.making import joined_series
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import Instrument
from market.services.candles import Stored, add_candles
from market.sources.base import Quote

# Of a watched minute the first and the last quote are at most so far from its ends, and no two further apart.
MOST_APART = timedelta(seconds=5)
# Quotes come a little late; a minute is closed when so much of the next has passed.
LATE = timedelta(seconds=2)

_MINUTE = timedelta(seconds=Interval.M1.seconds)


@dataclass(slots=True)
class _Minute:
    """What one instrument did in one minute so far."""

    opened_at: datetime
    last: Quote
    open: float
    high: float
    low: float
    is_watched: bool

    @classmethod
    def begun(cls, quote: Quote) -> "_Minute":
        opened_at = quote.at.replace(second=0, microsecond=0)
        price = float(quote.last)
        return cls(opened_at, quote, price, price, price, quote.at - opened_at <= MOST_APART)

    def take(self, quote: Quote) -> None:
        """Add a later quote of the same minute."""
        price = float(quote.last)
        self.is_watched = self.is_watched and quote.at - self.last.at <= MOST_APART
        self.high, self.low, self.last = max(self.high, price), min(self.low, price), quote

    def candle(self) -> CandleSeries | None:
        """Return the minute as a candle; None where it was not watched from end to end."""
        if not self.is_watched or self.opened_at + _MINUTE - self.last.at > MOST_APART:
            return None
        opened_at = np.array([int(self.opened_at.timestamp()) * 1_000])
        first, high, low, last, volume = np.array(
            [[self.open], [self.high], [self.low], [float(self.last.last)], [0.0]]
        )
        return CandleSeries(Interval.M1, opened_at, first, high, low, last, volume)


class LiveCandles:
    """Gathers rounds of quotes, and stores the minutes that have passed, all instruments' in a few statements."""

    def __init__(self) -> None:
        self._minutes: dict[UUID, _Minute] = {}
        self._closed: list[tuple[UUID, CandleSeries]] = []

    def take(self, quotes: Iterable[Quote], *, instruments: Collection[Instrument], now: datetime) -> Stored:
        """Take a round of quotes of the instruments, and store the candles of minutes that are over at `now`.

        Quotes of other instruments are not looked at: give those whose source is on the network, the others'
        candles are computed. What cannot be stored now, for the database is down, is kept for the next round.
        """
        known = {instrument.id: instrument for instrument in instruments}
        for quote in quotes:
            if quote.instrument_id in known:
                self._take(quote)
        for instrument_id, minute in list(self._minutes.items()):
            if minute.opened_at + _MINUTE + LATE <= now:
                self._close(instrument_id)
        told = self._told(known)
        stored = add_candles(told, now=now) if told else Stored(0, 0, 0)
        self._closed = []
        return stored

    def _take(self, quote: Quote) -> None:
        minute = self._minutes.get(quote.instrument_id)
        if minute is not None and quote.at <= minute.last.at:
            return
        if minute is not None and quote.at < minute.opened_at + _MINUTE:
            minute.take(quote)
            return
        if minute is not None:
            self._close(quote.instrument_id)
        self._minutes[quote.instrument_id] = _Minute.begun(quote)

    def _close(self, instrument_id: UUID) -> None:
        candle = self._minutes.pop(instrument_id).candle()
        if candle is not None:
            self._closed.append((instrument_id, candle))

    def _told(self, known: dict[UUID, Instrument]) -> list[tuple[Instrument, CandleSeries]]:
        """Return what is to be stored, one series an instrument: minutes that waited for the database are joined."""
        of_each: dict[UUID, list[CandleSeries]] = defaultdict(list)
        for instrument_id, candle in self._closed:
            of_each[instrument_id].append(candle)
        return [(known[each], joined_series(candles)) for each, candles in of_each.items() if each in known]
