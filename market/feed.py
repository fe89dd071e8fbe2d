"""The price feed: the rounds of all sources, again and again, each in a thread of its own, prices and candles apart.

One feed is enough. A second does no harm, for a newer quote is never overwritten by an older one: it only doubles
the requests.
"""

import logging
import threading
import time
from collections.abc import Mapping

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from core.clock import Clock
from market.candle_rounds import CandleRounds
from market.rounds import ComputedRounds, NetworkRounds, Rounds
from market.sources import CANDLES, NETWORK
from market.sources.base import CandleSource, NetworkSource

logger = logging.getLogger(__name__)

# How often a source of which nothing is wanted looks whether somebody wants something.
IDLE_SECONDS = 1.0
FAILED_SECONDS = 2.0


class PriceFeed:
    """Runs rounds until it is stopped. A database that is down, or a fault of ours, costs a round, never the feed."""

    def __init__(
        self,
        *,
        sources: Mapping[str, NetworkSource] = NETWORK,
        candles: Mapping[str, CandleSource] = CANDLES,
        clock: Clock = timezone.now,
    ) -> None:
        self._stopping = threading.Event()
        self._rounds: list[Rounds | CandleRounds] = [
            ComputedRounds(besides=list(sources), clock=clock),
            *(NetworkRounds(name, source, clock=clock) for name, source in sources.items()),
            *(CandleRounds(name, candles[name], clock=clock) for name in sources if name in candles),
        ]
        self._threads = [
            threading.Thread(target=self._run, args=[rounds], name=f"feed-{rounds.name}", daemon=True)
            for rounds in self._rounds
        ]

    def start(self) -> None:
        """Run in threads of its own, which never hold up the end of the process."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask it to end after the rounds in hand."""
        self._stopping.set()

    def join(self, seconds: float | None = None) -> bool:
        """Wait for its threads to end, and say whether they did."""
        until = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if until is None else max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def round(self) -> int:
        """Run one round of each source, one after another; return how many instruments have their prices wanted."""
        try:
            return sum(rounds.round() for rounds in self._rounds)
        finally:
            for rounds in self._rounds:
                rounds.close()

    def _run(self, rounds: Rounds) -> None:
        """Begin rounds at whole multiples of PRICE_FEED_SECONDS, so that they neither drift nor pass over a second."""
        while not self._stopping.is_set():
            pause = safe_round(rounds)
            self._stopping.wait(pause - time.time() % pause)
        rounds.close()
        connection.close()


def safe_round(rounds: Rounds | CandleRounds) -> float:
    """Run a round and return the seconds of whose multiples the next shall begin at one."""
    try:
        return settings.PRICE_FEED_SECONDS if rounds.round() else IDLE_SECONDS
    except Error as error:
        logger.warning("no prices of %s: the database does not answer (%s)", rounds.name, type(error).__name__)
    except Exception:
        logger.exception("a round of the price feed (%s) failed", rounds.name)
    finally:
        close_old_connections()
    return FAILED_SECONDS
