"""Reading what can wait, lists and candles: tried again after growing pauses, behind a breaker for each category.

The breakers are not those of the price feed: a list that cannot be read must not stop the prices. A refusal is not
tried again, for the same request would be refused again. Where a venue asks to be left alone, all its categories are.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.breaker import Breaker
from market.sources.base import SourceBusy, SourceDown, SourceRefused
from market.sources.http import PATIENT_DEADLINE_SECONDS, PATIENT_READ_SECONDS, JsonClient

logger = logging.getLogger(__name__)

TRIES = 3
FIRST_PAUSE_SECONDS = 0.5
# Who asks for more is not waited for here: the breaker keeps it, and a job comes again.
LONGEST_PAUSE_SECONDS = 10.0
MOST_BYTES = 32 * 1024 * 1024

Read = TypeVar("Read")


class PatientReader:
    """Reads of one venue; may be shared by threads, each with a connection of its own."""

    def __init__(
        self,
        venue: str,
        *,
        make_client: Callable[[], JsonClient] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        seed: int | None = None,
    ) -> None:
        self._venue = venue
        self._make_client = make_client or _client
        self._clients = threading.local()
        self._sleep = sleep
        self._monotonic = monotonic
        self._random = random.Random(seed)  # noqa: S311 - pauses
        self._lock = threading.Lock()
        self._breakers: dict[str, Breaker] = {}

    def read(self, category: str, url: str, params: Mapping[str, str], *, understand: Callable[[Any], Read]) -> Read:
        """Return what `understand` makes of the answer; it raises SourceDown where the answer is none.

        Raises SourceDown, SourceBusy, SourceRefused.
        """
        breaker = self._breaker(category)
        if not breaker.admits():
            raise SourceDown(f"{self._venue} {category} is left alone for a while after failures")
        try:
            read = self._try(url, params, understand)
        except SourceRefused:
            breaker.succeeded()  # it answers
            raise
        except SourceBusy as busy:
            self._hold_all(busy.wait_seconds)
            raise
        except SourceDown:
            breaker.failed()
            raise
        breaker.succeeded()
        return read

    def _try(self, url: str, params: Mapping[str, str], understand: Callable[[Any], Read]) -> Read:
        for tried in range(1, TRIES):
            try:
                return understand(self._client().get_json(url, params))
            except SourceRefused:
                raise
            except SourceDown as down:
                self._sleep(self._pause(down, tried=tried))
        return understand(self._client().get_json(url, params))

    def _pause(self, down: SourceDown, *, tried: int) -> float:
        """Return the seconds to wait: at least what it asks for, twice as long each time, and not all at once."""
        asked = down.wait_seconds if isinstance(down, SourceBusy) else 0.0
        if asked > LONGEST_PAUSE_SECONDS:
            raise down
        logger.info("%s is asked again: %s", self._venue, down.message)
        return asked + FIRST_PAUSE_SECONDS * 2 ** (tried - 1) * self._random.uniform(0.5, 1.5)

    def _client(self) -> JsonClient:
        if not hasattr(self._clients, "mine"):
            self._clients.mine = self._make_client()
        mine: JsonClient = self._clients.mine
        return mine

    def _breaker(self, category: str) -> Breaker:
        with self._lock:
            if category not in self._breakers:
                self._breakers[category] = Breaker(f"{self._venue} {category} reads", monotonic=self._monotonic)
            return self._breakers[category]

    def _hold_all(self, seconds: float) -> None:
        with self._lock:
            for breaker in self._breakers.values():
                breaker.hold(seconds)


def _client() -> JsonClient:
    return JsonClient(
        read_seconds=PATIENT_READ_SECONDS, deadline_seconds=PATIENT_DEADLINE_SECONDS, most_bytes=MOST_BYTES
    )
