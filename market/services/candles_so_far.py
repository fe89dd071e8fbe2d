"""The candles that a decision rests on: an unbroken run that ends with the newest closed one, or nothing.

What is not stored the exchange is asked for. A run may begin later than it was asked for where there is nothing
before, for the market is younger; a hole in it, or a newest candle that is not there, is nothing to decide on.
"""

from datetime import datetime

from market.candles.book import CandleBook, candle_book
from market.candles.reading import stored_candles
from market.candles.runs import Run, cut, gaps
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import Instrument
from market.services.lacking_candles import fetch_lacking
from market.sources import NETWORK

# An exchange tells of a candle a little after its close; until then the one that quotes were gathered to may stand in.
SETTLED_AFTER_SECONDS = 8
# Of one look; what is lacking still is asked for by the next.
MOST_REQUESTS = 20


def settled_after(instrument: Instrument) -> int:
    """Return the seconds after its close from which on a candle is what its source says."""
    return SETTLED_AFTER_SECONDS if instrument.source in NETWORK else 0


def candles_so_far(
    instrument: Instrument, interval: Interval, *, first: int, end: int, now: datetime
) -> CandleSeries | None:
    """Return the candles whose numbers are from `first` to before `end`; None where they cannot be had now.

    One statement where all are stored. Not within a transaction: the exchange may be asked.
    """
    told = stored_candles(instrument.id, interval, first=first, end=end)
    if len(told) == end - first:
        return told
    book = _whole_book(instrument, interval, first=first, end=end, now=now)
    runs = cut(book.runs, first=first, end=end)
    if len(runs) != 1 or runs[0].end != end:
        return None
    return book.read(first=runs[0].first, end=end)


def _whole_book(instrument: Instrument, interval: Interval, *, first: int, end: int, now: datetime) -> CandleBook:
    """Return the book once the exchange has given what it has of the candles that are lacking, the newest first."""
    book = candle_book(instrument, interval, now=now)
    for _ in range(MOST_REQUESTS):
        lacking = gaps(book.runs, first=first, end=end)
        if not lacking or not fetch_lacking(instrument, interval, Run(*lacking[-1]), now=now):
            break
        book = candle_book(instrument, interval, now=now)
    return book
