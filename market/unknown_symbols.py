"""When an exchange's list is read again because a symbol was named that nothing has: at most once a minute.

Who named it is refused at once: lists are megabytes, and an exchange may be down. A worker reads them, and the next
who names the symbol finds it.
"""

import threading
import time
from collections.abc import Callable

from django.db import transaction

PAUSE_SECONDS = 60.0


class Pause:
    """Lets one through in so many seconds, whatever the thread."""

    def __init__(self, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_at = float("-inf")

    def is_over(self) -> bool:
        """Say whether the pause is over; then the next begins."""
        with self._lock:
            now = self._monotonic()
            if now < self._next_at:
                return False
            self._next_at = now + self._seconds
            return True


# How a worker is asked; filled in at start by what may ask one. Who only reads asks nobody.
askers: list[Callable[[], None]] = []
_pause = Pause(PAUSE_SECONDS)


def ask_for_lists() -> None:
    """Have a worker read the lists of the venues in use, once what is under way here is committed."""
    transaction.on_commit(_nudge)


def _nudge() -> None:
    if _pause.is_over():
        for ask in askers:
            ask()
