"""A page of candles for a screen: what is stored or can be made, and what the exchange has where that lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from market.candles.book import CandleBook, candle_book
from market.candles.runs import Run, counted, cut, gaps, last_page, page
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.kinds import Kind
from market.models import Instrument
from market.services.lacking_candles import NoCandles, check_interval, fetch_lacking

_WITHOUT_CANDLES = (Kind.OPTION,)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which candles: those that open from `start` to before `end`; without a start the newest ones come first."""

    interval: Interval
    start: datetime | None
    end: datetime | None
    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class CandlePage:
    """Candles ascending, and how many there are between start and end altogether."""

    series: CandleSeries
    total: int


def check_category(kind: str | None) -> None:
    """Raise NoCandles for a kind of market that has none."""
    if kind in _WITHOUT_CANDLES:
        possible = [each.value for each in Kind if each not in _WITHOUT_CANDLES]
        raise NoCandles(f"the category {kind}", field="category", possible=possible)


def candle_page(instrument: Instrument, wanted: Wanted, *, now: datetime) -> CandlePage:
    """Return a page of closed candles. `offset` passes over candles from the end at which pages begin: the start where
    one is given, else the newest. Asks the exchange, outside any transaction, for what the page lacks.

    Raises NoCandles.
    """
    check_category(instrument.kind)
    interval = wanted.interval
    closed = interval.number_at(int(now.timestamp()))
    first = None if wanted.start is None else interval.first_from(wanted.start)
    end = closed if wanted.end is None else min(closed, interval.first_from(wanted.end))
    book = candle_book(instrument, interval, now=now)
    if not book.runs:
        check_interval(instrument, interval)
    span = _span(wanted, first=first, end=end)
    lacking = gaps(book.runs, first=span.first, end=span.end)
    if lacking and fetch_lacking(instrument, interval, Run(lacking[0].first, lacking[-1].end), now=now):
        book = candle_book(instrument, interval, now=now)
    shown = _page(book, wanted, first=first, end=end)
    quoted = _without_volume(shown.series)
    if quoted and fetch_lacking(instrument, interval, quoted, now=now):
        shown = _page(candle_book(instrument, interval, now=now), wanted, first=first, end=end)
    return shown


def _without_volume(series: CandleSeries) -> Run | None:
    """Return the numbers from the first to the last candle without volume: gathered from quotes, until the exchange,
    which knows what was traded, is asked for its own. None where all have one.
    """
    [found] = np.nonzero(series.volume == 0)
    if not len(found):
        return None
    first, last = (series.interval.number_at(int(series.opened_at[at]) // 1_000) for at in (found[0], found[-1]))
    return Run(first, last + 1)


def _span(wanted: Wanted, *, first: int | None, end: int) -> Run:
    """Return the numbers that the page would have without a hole in the market."""
    if first is None:
        stop = max(0, end - wanted.offset)
        return Run(max(0, stop - wanted.limit), stop)
    begin = min(end, max(0, first) + wanted.offset)
    return Run(begin, min(end, begin + wanted.limit))


def _page(book: CandleBook, wanted: Wanted, *, first: int | None, end: int) -> CandlePage:
    before = book.runs[0].first if book.runs else end
    there: Sequence[Run] = cut(book.runs, first=before if first is None else first, end=end)
    chosen = (last_page if first is None else page)(there, skip=wanted.offset, take=wanted.limit)
    if not chosen:
        return CandlePage(CandleSeries.empty(wanted.interval), counted(there))
    return CandlePage(book.read(first=chosen[0].first, end=chosen[-1].end), counted(there))
