"""The price feed: fetches the quotes of all instruments with a source on the network, round after round.

Each round is handed to those who follow prices, with the prices of what they wait for beside: matching does.

One feed is enough. A second does no harm, for a newer quote is never overwritten by an older one: it only doubles
the requests. A round costs one statement to read and one to write, whatever the number of instruments.
"""

import itertools
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.conf import settings
from django.db import Error, close_old_connections
from django.db.models import Q
from django.utils import timezone

from market.followers import tell_followers, watched_instruments
from market.models import Instrument
from market.quotes import latest_quotes
from market.ranges import PriceRange
from market.services.quotes import keep_quotes
from market.sources import NETWORK
from market.sources.base import Clock, NetworkSource, Quote

logger = logging.getLogger(__name__)

# How often a feed with nothing to fetch looks whether an operator changed an instrument's source, or somebody waits.
IDLE_SECONDS = 1.0
FAILED_SECONDS = 2.0


class PriceFeed:
    """Runs rounds until it is stopped. A database that is down, or a fault of ours, costs a round, never the feed."""

    def __init__(self, *, sources: Mapping[str, NetworkSource] = NETWORK, clock: Clock = timezone.now) -> None:
        self._sources = sources
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="feed", daemon=True)

    def start(self) -> None:
        """Run in a thread of its own, which never holds up the end of the process."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end after the round in hand."""
        self._stopping.set()

    def join(self, seconds: float | None = None) -> bool:
        """Wait for its thread to end, and say whether it did."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def run(self) -> None:
        """Run rounds, each begun PRICE_FEED_SECONDS after the one before where that leaves time."""
        while not self._stopping.is_set():
            began = time.monotonic()
            pause = self._safe_round()
            self._stopping.wait(max(0.0, pause - (time.monotonic() - began)))

    def round(self) -> int:
        """Fetch and keep the quotes of all that want them, tell the followers; return how many instruments do."""
        watched = watched_instruments()
        wanted = Instrument.objects.filter(Q(source__in=list(self._sources)) | Q(pk__in=watched)).in_order()
        by_source: dict[str, list[Instrument]] = defaultdict(list)
        computed: list[Instrument] = []
        for instrument in wanted:
            (by_source[instrument.source] if instrument.source in self._sources else computed).append(instrument)
        quotes: dict[str, list[Quote]] = {
            name: self._sources[name].fetch(instruments, clock=self._clock) for name, instruments in by_source.items()
        }
        keep_quotes(quotes)
        fresh = [*latest_quotes(computed, now=self._clock()).values(), *itertools.chain.from_iterable(quotes.values())]
        known = {row.id: row for row in wanted if row.id in watched}
        _tell(known, fresh)
        return len(wanted)

    def _safe_round(self) -> float:
        """Return the seconds until the next round shall begin."""
        try:
            return settings.PRICE_FEED_SECONDS if self.round() else IDLE_SECONDS
        except Error as error:
            logger.warning("no prices are kept: the database does not answer (%s)", type(error).__name__)
        except Exception:
            logger.exception("a round of the price feed failed")
        finally:
            close_old_connections()
        return FAILED_SECONDS


def _tell(watched: Mapping[UUID, Instrument], quotes: Collection[Quote]) -> None:
    ranges = [
        PriceRange.of(watched[quote.instrument_id], [quote]) for quote in quotes if quote.instrument_id in watched
    ]
    if ranges:
        tell_followers(ranges)
