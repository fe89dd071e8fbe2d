"""Whether a server that failed a moment ago is worth asking again: many wait for it, one finds out."""

import threading
import time


class Patience:
    """After a failure nobody asks for `seconds`; then one caller does, and the others still go without."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ask_again_at = 0.0
        self._guard = threading.Lock()

    def worth_asking(self) -> bool:
        """Return True where the server answered last time, or where this caller is the one to find out."""
        if not self._ask_again_at:
            return True
        with self._guard:
            now = time.monotonic()
            if self._ask_again_at and now < self._ask_again_at:
                return False
            self._ask_again_at = now + self._seconds
        return True

    def answered(self) -> None:
        self._ask_again_at = 0.0

    def failed(self) -> None:
        with self._guard:
            self._ask_again_at = time.monotonic() + self._seconds
