"""Candles that are not stored and that somebody wants now: the exchange is asked for a page of them, once a minute."""

import logging
import time
from datetime import UTC, datetime
from uuid import UUID

from core.errors import Invalid
from market.candles.runs import Run, makes
from market.intervals import Interval
from market.models import Instrument
from market.services.candles import store_candles
from market.sources import CANDLES, NETWORK
from market.sources.base import SourceDown

logger = logging.getLogger(__name__)

# An exchange that has none of what is asked for, before a listing or in an outage of its own, is not asked on and on.
ASKED_AGAIN_SECONDS = 60.0
_MOST_REMEMBERED = 10_000

_asked_at: dict[tuple[UUID, Interval, Run], float] = {}


class NoCandles(Invalid):
    """The instrument has no candles of this interval; `possible` are those that it has."""

    code = "NO_CANDLES"

    def __init__(self, what: str, *, field: str, possible: list[str]) -> None:
        super().__init__(f"There are no candles of {what}; there are of: {', '.join(possible)}.", field=field)
        self.possible = possible


def check_interval(instrument: Instrument, interval: Interval) -> None:
    """Raise NoCandles where the instrument's source has candles, but none that these could be made of."""
    offered = _offered(instrument)
    if offered and _largest_that_makes(interval, offered) is None:
        raise NoCandles(interval.value, field="interval", possible=[each.value for each in Interval if each in offered])


def fetch_lacking(instrument: Instrument, interval: Interval, lacking: Run, *, now: datetime) -> bool:
    """Ask the instrument's source on the network for candles that are not stored, store them, say whether any came.

    One request, never inside a transaction of the caller's. A source that is down or busy is logged, not raised: what
    is stored is still an answer.
    """
    fetched = _largest_that_makes(interval, _offered(instrument))
    if fetched is None or not _may_ask((instrument.id, interval, lacking)):
        return False
    start, end = (datetime.fromtimestamp(interval.opens_at(number), UTC) for number in lacking)
    try:
        told = CANDLES[instrument.source].candles(instrument, fetched, start=start, end=end)
    except SourceDown as down:
        logger.warning("no candles of %s from %s: %s", instrument.symbol, instrument.source, down.message)
        return False
    if told.skipped:
        logger.warning("%s sent %s unsound candles of %s", instrument.source, told.skipped, instrument.symbol)
    store_candles(instrument, told.series, now=now)
    return len(told.series) > 0


def _offered(instrument: Instrument) -> frozenset[Interval]:
    source = CANDLES.get(instrument.source) if instrument.source in NETWORK else None
    return source.intervals(instrument) if source else frozenset()


def _largest_that_makes(interval: Interval, offered: frozenset[Interval]) -> Interval | None:
    if interval in offered:
        return interval
    return max((each for each in offered if makes(each, interval)), key=lambda each: each.seconds, default=None)


def _may_ask(what: tuple[UUID, Interval, Run]) -> bool:
    moment = time.monotonic()
    if moment - _asked_at.get(what, -ASKED_AGAIN_SECONDS) < ASKED_AGAIN_SECONDS:
        return False
    if len(_asked_at) >= _MOST_REMEMBERED:
        _asked_at.clear()
    _asked_at[what] = moment
    return True
