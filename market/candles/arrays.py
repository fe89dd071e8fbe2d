"""For researchers: the candles of a span of time as numpy arrays."""

from datetime import datetime

from django.utils import timezone

from market.candles.book import candle_book
from market.candles.reading import stored_candles
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import Instrument


def candle_arrays(instrument: Instrument, interval: Interval, *, start: datetime, end: datetime) -> CandleSeries:
    """Return the closed candles that open from `start` to before `end`, both aware, as arrays of one length n.

    `opened_at` (n,) int64, milliseconds UTC, ascending, each once; `open`, `high`, `low`, `close` (n,) float64 in quote
    currency; `volume` (n,) float64 in base units. A candle that is not there has no element: n is at most the number
    of periods, less where there are gaps. The arrays are the caller's own; nothing is copied candle by candle.

    Where the interval itself is not stored, its candles are made of lower ones as `market.candles.book` tells; the
    network is never asked. A pandas frame: README, "Candles as arrays".
    """
    first, stop = interval.first_from(start), interval.first_from(end)
    told = stored_candles(instrument.id, interval, first=first, end=stop)
    if len(told) == stop - first:
        return told
    return candle_book(instrument, interval, now=timezone.now()).read(first=first, end=stop)
