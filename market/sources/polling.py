"""Fetching tickers from a venue: one round asks each category of its markets, behind a breaker each.

A category that fails or is slow leaves the others alone: they are asked side by side. Where the venue says that
requests are too many, all of them wait: its limit is on the address. Nothing is asked twice: the next round is the
retry.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from core.breaker import Breaker, BreakerState
from core.clock import Clock
from market.models import Instrument
from market.sources.base import Quote, SourceBusy, SourceDown, SourceRefused

logger = logging.getLogger(__name__)

_WORST_FIRST = (BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED)


class Market(Protocol):
    """One market as its venue names it."""

    @property
    def category(self) -> str: ...

    @property
    def symbol(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """An instrument and its symbol at the venue."""

    instrument: Instrument
    symbol: str


class TickerCategory(Protocol):
    """One category of a venue's markets."""

    name: str
    breaker: Breaker

    def ask(self, wanted: Sequence[Asked], *, clock: Clock) -> list[Quote]:
        """Return the quotes of those that have sound prices. Raises SourceDown, SourceBusy."""
        ...


class PolledSource:
    """A venue's tickers for the price feed and for who looks at a price; used by any thread, a category by one."""

    def __init__(
        self,
        venue: str,
        categories: Iterable[TickerCategory],
        *,
        market_of: Callable[[Instrument], Market | None],
    ) -> None:
        self._venue = venue
        self._categories = {category.name: category for category in categories}
        self._locks = {name: threading.Lock() for name in self._categories}
        self._market_of = market_of
        self._asked = False

    def breaker_state(self) -> BreakerState | None:
        """Return the worst state of the categories' breakers; None where this process never asked."""
        states = {category.breaker.state for category in self._categories.values()}
        return next(state for state in _WORST_FIRST if state in states) if self._asked else None

    def fetch(self, instruments: Sequence[Instrument], *, clock: Clock) -> list[Quote]:
        """Return the quotes of the instruments that the venue gave sound prices of."""
        by_category: dict[str, list[Asked]] = defaultdict(list)
        for instrument in instruments:
            market = self._market_of(instrument)
            if market is not None:
                by_category[market.category].append(Asked(instrument, market.symbol))
        self._asked = True
        with ThreadPoolExecutor(max_workers=len(self._categories), thread_name_prefix=self._venue) as pool:
            answers = pool.map(lambda named: self._try(*named, clock=clock), by_category.items())
            return [quote for answer in answers for quote in answer]

    def _try(self, name: str, wanted: Sequence[Asked], *, clock: Clock) -> list[Quote]:
        category = self._categories[name]
        with self._locks[name]:
            if not category.breaker.admits():
                return []
            try:
                quotes = category.ask(wanted, clock=clock)
            except SourceBusy as busy:
                logger.warning("no prices of %s %s: %s", self._venue, name, busy.message)
                for each in self._categories.values():
                    each.breaker.hold(busy.wait_seconds)
                return []
            except SourceRefused as refused:
                logger.warning("no prices of %s %s: %s", self._venue, name, refused.message)
                # What was asked of one symbol only tells of that one: it may be gone by now.
                if len(wanted) == 1 and _is_about_us(refused):
                    category.breaker.succeeded()
                else:
                    category.breaker.failed()
                return []
            except SourceDown as down:
                logger.warning("no prices of %s %s: %s", self._venue, name, down.message)
                category.breaker.failed()
                return []
            category.breaker.succeeded()
            return quotes


def _is_about_us(refused: SourceRefused) -> bool:
    """Say whether the venue understood the request and refused what it asks: 200 is Bybit's way, 400 Binance's."""
    return refused.http_status in (200, 400)
