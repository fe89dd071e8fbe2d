"""Says which symbols a source leaves out, once each: a round a second would fill the log."""

import logging
from collections.abc import Iterable

logger = logging.getLogger(__name__)


class LeftOut:
    """What one category of a source left out so far; used by one thread at a time."""

    def __init__(self, of_what: str) -> None:
        self._of_what = of_what
        self._symbols: set[str] = set()

    def note(self, *, missing: Iterable[str], sound: Iterable[str]) -> None:
        """Log what is missing and was not before, and what is sound again."""
        now_missing = set(missing)
        if new := sorted(now_missing - self._symbols):
            logger.warning("%s: %s", self._of_what, ", ".join(new))
        if back := sorted(self._symbols.intersection(sound) - now_missing):
            logger.warning("%s no longer: %s", self._of_what, ", ".join(back))
        self._symbols = (self._symbols | now_missing).difference(back)
