"""Prices of Bybit's public API: one request for each category of markets, behind a breaker each.

A category that fails or is slow leaves the others alone: they are asked side by side. Where Bybit says that requests
are too many, all of them wait: its limit is on the address.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from core.breaker import Breaker, BreakerState
from market.models import Instrument
from market.sources.base import Clock, Quote, SourceBusy, SourceDown
from market.sources.bybit_tickers import CATEGORIES, BybitMarket, market_of, read_prices, read_tickers
from market.sources.http import JsonClient
from market.sources.server_clock import ServerClock

logger = logging.getLogger(__name__)

VENUE = "bybit"
BASE_URL = "https://api.bybit.com"

Wanted = list[tuple[Instrument, BybitMarket]]
_WORST_FIRST = (BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED)


class BybitCategory:
    """Asks for the tickers of one category; used by one thread at a time, its breaker by any."""

    def __init__(self, name: str, *, client: JsonClient, breaker: Breaker) -> None:
        self.name = name
        self.breaker = breaker
        self._client = client
        self._server_clock = ServerClock()
        self._left_out: list[str] = []

    def ask(self, wanted: Wanted, *, clock: Clock) -> list[Quote]:
        """Return the quotes of those that Bybit gives sound prices of. Raises SourceDown, SourceBusy."""
        base_url = settings.EXCHANGE_URLS.get(VENUE, BASE_URL).rstrip("/")
        params = {"category": self.name}
        if len(wanted) == 1:
            params["symbol"] = wanted[0][1].symbol  # without it the answer is every market: half a megabyte
        told = self._client.get(f"{base_url}/v5/market/tickers", params)
        received_at = clock()
        tickers = read_tickers(told, category=self.name)
        at = self._server_clock.on_ours(tickers.server_time, received_at=received_at)
        prices = {instrument: read_prices(tickers.rows.get(market.symbol)) for instrument, market in wanted}
        self._log_left_out(sorted(instrument.symbol for instrument, found in prices.items() if not found))
        return [
            Quote(instrument_id=instrument.id, bid=found.bid, ask=found.ask, last=found.last, at=at)
            for instrument, found in prices.items()
            if found
        ]

    def _log_left_out(self, symbols: list[str]) -> None:
        """Say it when it changes: a round a second would fill the log."""
        if symbols != self._left_out:
            logger.warning("Bybit %s has no sound price of: %s", self.name, ", ".join(symbols) or "none, all are back")
        self._left_out = symbols


class BybitSource:
    """Fetches tickers for the price feed, its state read by any thread."""

    def __init__(self, categories: Sequence[BybitCategory] | None = None) -> None:
        made = categories or [
            BybitCategory(name, client=JsonClient(), breaker=Breaker(f"Bybit {name}")) for name in CATEGORIES
        ]
        self._categories = {category.name: category for category in made}
        self._asked = False

    def covers(self, *, kind: str, base: str, quote: str) -> bool:
        """Say whether Bybit's tickers have markets of this kind."""
        return market_of(kind=kind, base=base, quote=quote) is not None

    def breaker_state(self) -> BreakerState | None:
        """Return the worst state of the categories' breakers; None where this process never asked."""
        states = {category.breaker.state for category in self._categories.values()}
        return next(state for state in _WORST_FIRST if state in states) if self._asked else None

    def fetch(self, instruments: Sequence[Instrument], *, clock: Clock) -> list[Quote]:
        """Return the quotes of the instruments that Bybit gave sound prices of, one request a category."""
        by_category: dict[str, Wanted] = defaultdict(list)
        for instrument in instruments:
            market = market_of(kind=instrument.kind, base=instrument.base, quote=instrument.quote)
            if market is not None:
                by_category[market.category].append((instrument, market))
        self._asked = True
        with ThreadPoolExecutor(max_workers=len(CATEGORIES), thread_name_prefix="bybit") as pool:
            answers = pool.map(lambda named: self._try(*named, clock=clock), by_category.items())
            return [quote for answer in answers for quote in answer]

    def _try(self, name: str, wanted: Wanted, *, clock: Clock) -> list[Quote]:
        category = self._categories[name]
        if not category.breaker.admits():
            return []
        try:
            quotes = category.ask(wanted, clock=clock)
        except SourceBusy as busy:
            logger.warning("no prices of Bybit %s: %s", name, busy.message)
            for each in self._categories.values():
                each.breaker.hold(busy.wait_seconds)
            return []
        except SourceDown as down:
            logger.warning("no prices of Bybit %s: %s", name, down.message)
            category.breaker.failed()
            return []
        category.breaker.succeeded()
        return quotes
