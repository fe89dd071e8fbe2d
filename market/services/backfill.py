"""Backfill: the candles of a span of the past, fetched page by page, each stored before the next is asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.clock import Clock
from market.intervals import Interval
from market.models import Instrument
from market.services.candles import Stored, store_candles
from market.services.lacking_candles import NoCandles
from market.sources import CANDLES
from market.sources.base import CandleSource, FetchedCandles, SourceBusy, SourceDown

# A page that fails is asked for again so often, after pauses that double.
TRIES = 5
FIRST_PAUSE_SECONDS = 1.0
# A source that asks for a longer wait is given up; the checkpoint says where to go on.
LONGEST_WAIT_SECONDS = 120.0

Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill is: `reached` is the opening time before which all is stored, `share` from 0 to 1."""

    reached: datetime
    share: float
    stored: Stored
    skipped: int


# Told after every page; False stops the backfill there.
OnPage = Callable[[Progress], bool]


def backfill(
    instrument: Instrument,
    interval: Interval,
    *,
    start: datetime,
    end: datetime,
    reached: datetime | None,
    clock: Clock,
    on_page: OnPage,
    pause: Pause = time.sleep,
) -> Progress:
    """Fetch and store the closed candles that open from `start` to before `end`; go on at `reached` where one is given.

    Never inside a transaction. `on_page` is told after every page, when it is stored: its `reached` is what to give
    here after a crash or a stop. Waits where the source is busy, tries again where it is down.
    Raises NoCandles, and SourceDown with its reason where all tries failed.
    """
    source = _source(instrument, interval)
    closed = interval.number_at(int(clock().timestamp()))
    first, stop = interval.first_from(start), min(interval.first_from(end), closed)
    at = max(first, interval.first_from(reached)) if reached else first
    told = Progress(_opening(interval, at), _share(first, at, stop), Stored(0, 0, 0), 0)
    while at < stop:
        upto = min(stop, at + source.most_candles)
        page = _page(
            source, instrument, interval, start=_opening(interval, at), end=_opening(interval, upto), pause=pause
        )
        stored = store_candles(instrument, page.series, now=clock())
        at = upto
        told = Progress(
            reached=_opening(interval, at),
            share=_share(first, at, stop),
            stored=told.stored.and_also(stored),
            skipped=told.skipped + page.skipped,
        )
        if not on_page(told):
            break
    return told


def _source(instrument: Instrument, interval: Interval) -> CandleSource:
    source = CANDLES.get(instrument.source)
    offered = source.intervals(instrument) if source else frozenset()
    if source is None or interval not in offered:
        possible = [each.value for each in Interval if each in offered] or ["none"]
        raise NoCandles(f"{instrument.symbol} {interval.value}", field="interval", possible=possible)
    return source


def _page(
    source: CandleSource, instrument: Instrument, interval: Interval, *, start: datetime, end: datetime, pause: Pause
) -> FetchedCandles:
    for tried in range(1, TRIES + 1):
        try:
            return source.candles(instrument, interval, start=start, end=end)
        except SourceDown as down:
            wait = down.wait_seconds if isinstance(down, SourceBusy) else FIRST_PAUSE_SECONDS * 2 ** (tried - 1)
            if tried == TRIES or wait > LONGEST_WAIT_SECONDS:
                raise
            pause(wait)
    raise AssertionError("the last try returns or raises")


def _opening(interval: Interval, number: int) -> datetime:
    return datetime.fromtimestamp(interval.opens_at(number), UTC)


def _share(first: int, at: int, stop: int) -> float:
    return 1.0 if at >= stop else (at - first) / (stop - first)
