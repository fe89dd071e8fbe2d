"""A circuit breaker: what fails again and again is left alone for a while, then tried once before it is used again."""

import logging
import threading
import time
from collections.abc import Callable
from enum import StrEnum

logger = logging.getLogger(__name__)


class BreakerState(StrEnum):
    """Closed lets everything through, open nothing, half-open one try."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class Breaker:
    """Guards one thing that can be down; may be shared by threads.

    `admits` is asked before each try, and the try's end is told by `succeeded` or `failed`. After `failures_to_open`
    failures in a row it opens for `first_wait_seconds`; each failed try doubles the wait, up to `longest_wait_seconds`.
    """

    def __init__(
        self,
        name: str,
        *,
        failures_to_open: int = 3,
        first_wait_seconds: float = 2.0,
        longest_wait_seconds: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._failures_to_open = failures_to_open
        self._first_wait = first_wait_seconds
        self._longest_wait = longest_wait_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._wait = first_wait_seconds
        self._next_try_at = 0.0

    @property
    def state(self) -> BreakerState:
        return self._state

    def admits(self) -> bool:
        """Say whether a try may be made now; where it was open and has waited, this is the one try."""
        with self._lock:
            if self._state == BreakerState.CLOSED:
                return True
            if self._monotonic() < self._next_try_at:
                return False
            self._state = BreakerState.HALF_OPEN
            # A try whose end is never told is given up after this long, and another let in.
            self._next_try_at = self._monotonic() + self._longest_wait
            return True

    def succeeded(self) -> None:
        """Close; a success that began before it opened changes nothing."""
        with self._lock:
            if self._state == BreakerState.OPEN:
                return
            if self._state == BreakerState.HALF_OPEN:
                logger.info("%s answers again", self._name)
            self._state = BreakerState.CLOSED
            self._failures = 0
            self._wait = self._first_wait

    def failed(self) -> None:
        """Count a failure, and open where it is one too many or the one try."""
        with self._lock:
            if self._state == BreakerState.OPEN:
                return
            self._failures += 1
            if self._state == BreakerState.CLOSED and self._failures < self._failures_to_open:
                return
            self._open_for(self._wait)
            self._wait = min(2 * self._wait, self._longest_wait)

    def hold(self, seconds: float) -> None:
        """Open for at least so long, whatever the state: the other side asked for it."""
        with self._lock:
            self._open_for(seconds)

    def _open_for(self, seconds: float) -> None:
        waiting = self._next_try_at if self._state == BreakerState.OPEN else 0.0
        self._state = BreakerState.OPEN
        self._next_try_at = max(waiting, self._monotonic() + seconds)
        logger.warning("%s is left alone for %.0f seconds", self._name, seconds)
