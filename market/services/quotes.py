"""Fetching quotes for who looks, and keeping those that were fetched: the newest of each, for every process to read."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from core.bulk import upsert_newer_rows
from core.clock import Clock
from market.followers import tell_followers
from market.models import Instrument, LatestQuote
from market.quotes import latest_quotes
from market.ranges import PriceRange
from market.selectors.tickers import Ticker, ticker_of
from market.services.interest import want_prices
from market.sources import NETWORK
from market.sources.base import Quote

_ROUNDS = 2
_LEAST_SECONDS = 2.0


def keep_quotes(quotes: Mapping[str, Iterable[Quote]]) -> int:
    """Store quotes by the name of their source, in one statement, and return how many were newer than those kept."""
    rows = [
        LatestQuote(
            instrument_id=quote.instrument_id, source=name, bid=quote.bid, ask=quote.ask, last=quote.last, at=quote.at
        )
        for name, of_source in quotes.items()
        for quote in of_source
    ]
    return upsert_newer_rows(LatestQuote, rows, newer_by="at")


def hand_on(source: str, quotes: Sequence[Quote], instruments: Mapping[UUID, Instrument]) -> None:
    """Keep what a source gave, and tell those who follow prices: none is traded on that meets no order at rest."""
    keep_quotes({source: quotes})
    tell_followers([PriceRange.of(instruments[quote.instrument_id], [quote]) for quote in quotes])


def refresh_quotes(instruments: Iterable[Instrument], *, clock: Clock) -> None:
    """Fetch those quotes that are older than two rounds of the feed, and have the feed go on with them for a while.

    Only a source on the network is asked, an instrument once in two rounds at most, whoever looks. An outage leaves
    what is kept. Nothing is fetched within a transaction, for that would hold it open as long as an exchange takes.
    """
    fetched = [row for row in instruments if row.source in NETWORK]
    if not fetched or connection.in_atomic_block:
        return
    quotes = latest_quotes(fetched, now=clock())
    old = [row for row in fetched if _is_old(quotes.get(row.id), now=clock())]
    if not old:
        return
    want_prices([row.id for row in old], now=clock())
    by_category: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
    for row in old:
        by_category[row.source, row.kind].append(row)
    for (source, kind), wanted in by_category.items():
        _fetches.of(source, kind).fetch(wanted, clock=clock)


def fresh_quotes(instruments: Sequence[Instrument], *, clock: Clock) -> dict[UUID, Quote]:
    """Return the newest quote of each instrument by id, old ones fetched first; one that was never quoted is absent."""
    refresh_quotes(instruments, clock=clock)
    return latest_quotes(instruments, now=clock())


def fresh_ticker(instrument: Instrument, *, clock: Clock) -> Ticker:
    """Return what a screen shows of an instrument's price, fetched where the one kept is old. Raises NoQuote."""
    quote = fresh_quotes([instrument], clock=clock).get(instrument.id)
    return ticker_of(instrument, quote, now=clock())


def longest_age_seconds() -> float:
    """Return the age past which a quote that somebody looks at is fetched."""
    return max(_ROUNDS * settings.PRICE_FEED_SECONDS, _LEAST_SECONDS)


def _is_old(quote: Quote | None, *, now: datetime) -> bool:
    return quote is None or quote.age_seconds(now) > longest_age_seconds()


class CategoryFetches:
    """Fetches of one category of one source: one at a time in a process, for all who wait for it.

    Who comes while one is under way adds what it wants to the next; the first of those who waited fetches for all.
    """

    def __init__(self, source: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._fetching = threading.Lock()
        self._guard = threading.Lock()
        self._pending: dict[UUID, Instrument] = {}
        self._asked_at: dict[UUID, float] = {}

    def fetch(self, wanted: Iterable[Instrument], *, clock: Clock) -> None:
        """Have the wanted instruments' quotes fetched and kept, by this thread or by another; wait until they are."""
        with self._guard:
            self._pending |= {row.id: row for row in wanted if self._is_due(row.id)}
        with self._fetching:
            with self._guard:
                taken, self._pending = self._pending, {}
                self._asked_at |= dict.fromkeys(taken, self._monotonic())
            if taken:
                hand_on(self._source, NETWORK[self._source].fetch(list(taken.values()), clock=clock), taken)

    def _is_due(self, instrument_id: UUID) -> bool:
        asked_at = self._asked_at.get(instrument_id)
        return asked_at is None or self._monotonic() - asked_at >= longest_age_seconds()


class _Fetches:
    """The categories that were ever asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_category: dict[tuple[str, str], CategoryFetches] = {}

    def of(self, source: str, kind: str) -> CategoryFetches:
        with self._lock:
            return self._by_category.setdefault((source, kind), CategoryFetches(source))


_fetches = _Fetches()
