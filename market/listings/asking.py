"""How often a listing service is asked: a failed read again after growing pauses, behind a breaker; never a refusal.

A service that says when it wants to be asked again is left alone until then.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from core.breaker import Breaker, BreakerState
from market.sources.base import SourceBusy, SourceDown, SourceRefused

PAUSES_SECONDS = (0.5, 1.5)
# Past this no further try is begun: somebody may be waiting for the answer.
PATIENCE_SECONDS = 8.0
# Where there is no internet at all, it is tried (and told of in the log) twice an hour in the end.
FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 1800.0

Told = TypeVar("Told")


class Asker:
    """Asks one service; may be shared by threads."""

    def __init__(
        self,
        title: str,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._title = title
        self._monotonic = monotonic
        self._sleep = sleep
        self._breaker = Breaker(
            title,
            first_wait_seconds=FIRST_WAIT_SECONDS,
            longest_wait_seconds=LONGEST_WAIT_SECONDS,
            monotonic=monotonic,
        )

    @property
    def state(self) -> BreakerState:
        return self._breaker.state

    def ask(self, once: Callable[[], Told]) -> Told:
        """Return what `once` returns, called up to three times. Raises SourceDown, SourceBusy, SourceRefused."""
        if not self._breaker.admits():
            raise SourceDown("it failed a moment ago, and is left alone for a while")
        try:
            told = self._patiently(once)
        except SourceBusy as busy:
            self._breaker.hold(busy.wait_seconds)
            raise
        except SourceRefused:
            self._breaker.succeeded()  # it answers
            raise
        except SourceDown:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return told

    def _patiently(self, once: Callable[[], Told]) -> Told:
        last_begin = self._monotonic() + PATIENCE_SECONDS
        for pause in PAUSES_SECONDS:
            try:
                return once()
            except (SourceBusy, SourceRefused):
                raise
            except SourceDown:
                if self._monotonic() + pause > last_begin:
                    raise
                self._sleep(pause)
        return once()
