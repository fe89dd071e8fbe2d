"""When an exchange's list is read again because a symbol was named that nothing has: at most once a minute.

Who named it is refused at once: lists are megabytes, and an exchange may be down. A worker reads them, and the next
who names the symbol finds it.
"""

import threading
import time
from collections.abc import Callable

from django.db import transaction

from core.tasks import nudge_worker
from market.tasks import look_for_new_instruments

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


_pause = Pause(PAUSE_SECONDS)


def ask_for_lists() -> None:
    """Have a worker read the lists of the venues in use, once what is under way here is committed."""
    transaction.on_commit(_nudge)


def _nudge() -> None:
    if _pause.is_over():
        nudge_worker(look_for_new_instruments)
