"""The minutes of one source on the network as they close, told to those that follow prices.

A feed looks at a ticker now and then; what the price did between two looks stands in the candle of the minute. The
synthetic market needs none of this: its rounds tell of every second. A minute that is told again does no harm, for what
it met is filled by then, and what waits since later is not met by it.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from core.clock import Clock
from market.candles.series import CandleSeries
from market.followers import needed, tell_followers
from market.intervals import Interval
from market.models import Instrument
from market.ranges import PriceRange
from market.services.candles import store_candles
from market.sources.base import CandleSource, SourceDown, SourceRefused

logger = logging.getLogger(__name__)

MINUTE = Interval.M1
# Not every exchange tells of a minute as soon as it is over.
LATE = timedelta(seconds=5)
# Requests of one source for one minute; those that were told the longest ago come first.
MOST_REQUESTS = 60


class CandleRounds:
    """Asks for the minute that closed last, of every instrument that another app needs prices of; used by one thread.

    As long as the minute is fresh enough to fill anything, an instrument that could not be had is asked for again.
    """

    def __init__(self, source_name: str, source: CandleSource, *, clock: Clock) -> None:
        self.name = f"{source_name} candles"
        self._source_name = source_name
        self._source = source
        self._clock = clock
        self._told: dict[UUID, int] = {}  # the number of the newest minute that was told, by instrument
        self._minute = -1  # the one that is asked for
        self._requests = 0  # made for it
        self._done = -1  # the newest minute for which nothing is left to ask

    def round(self) -> int:
        """Tell of the minutes that can be had now; return how many instruments still wait for theirs."""
        now = self._clock()
        minute = MINUTE.number_at(int((now - LATE).timestamp())) - 1
        if minute == self._done:
            return 0
        if minute != self._minute:
            self._minute, self._requests = minute, 0
        due = self._due(minute, now=now)
        asked = due[: MOST_REQUESTS - self._requests]
        if not asked:
            self._done = minute
        for instrument in asked:
            if not self._ask(instrument, minute):
                break
        return len([instrument for instrument in due if self._told.get(instrument.id) != minute])

    def close(self) -> None:
        """Nothing is held open."""

    def _due(self, minute: int, *, now: datetime) -> list[Instrument]:
        """Return the instruments whose minute is wanted, not told yet and not too old, the longest untold first."""
        age = now.timestamp() - MINUTE.opens_at(minute + 1)
        wanted: Iterable[Instrument] = Instrument.objects.filter(needed(), source=self._source_name).order_by("pk")
        due = [
            instrument
            for instrument in wanted
            if age <= instrument.stale_after_seconds
            and self._told.get(instrument.id) != minute
            and MINUTE in self._source.intervals(instrument)
        ]
        return sorted(due, key=lambda instrument: self._told.get(instrument.id, -1))

    def _ask(self, instrument: Instrument, minute: int) -> bool:
        """Say whether the next instrument may be asked for: not while the source is down or busy."""
        self._requests += 1
        try:
            self._tell(instrument, minute)
        except SourceRefused as refused:
            self._told[instrument.id] = minute
            logger.warning("no minute of %s from %s: %s", instrument.symbol, self._source_name, refused.message)
        except SourceDown as down:
            logger.warning("no minutes from %s: %s", self._source_name, down.message)
            return False
        return True

    def _tell(self, instrument: Instrument, minute: int) -> None:
        """Fetch a minute, store it and hand it on. Raises SourceDown; one that is not there yet is asked for again."""
        opened_at, closed_at = (datetime.fromtimestamp(MINUTE.opens_at(each), UTC) for each in (minute, minute + 1))
        series = self._source.candles(instrument, MINUTE, start=opened_at, end=closed_at).series
        if not len(series):
            return
        store_candles(instrument, series, now=self._clock())
        prices = _prices(series)
        tell_followers([PriceRange.of_candle(instrument, prices=prices, opened_at=opened_at, closed_at=closed_at)])
        self._told[instrument.id] = minute


def _prices(series: CandleSeries) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Return open, high, low and close of the only candle, with the digits that the exchange gave."""
    columns = (series.open, series.high, series.low, series.close)
    first, high, low, last = (Decimal(repr(float(column[-1]))) for column in columns)
    return first, high, low, last
