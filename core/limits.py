"""How often somebody may ask: moving windows, counted exactly by all processes in Redis, by the one process in memory.

Scopes and their figures are `settings.RATE_LIMITS`: windows of (times, seconds) that must all have room. While Redis
is away each process counts for itself, or refuses, as its caller chose: `hit`, or `hit_shared`.
"""

import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.errors import RateLimited, Unavailable
from core.patience import Patience

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 0.5
PATIENCE_SECONDS = 3
FIRST_SWEEP = 1000
_TIGHTEST = "_tightest_verdict"

Windows = Sequence[RateLimitItem]

_API = "/api/v1"
# Senders of alerts prove themselves and are queued, never refused.
_OF_SENDERS = "/api/v1/webhook/tradingview"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it may be done, and the window to tell of: the longest one, but first one that is full.

    `reset_at` (Unix seconds) is when the oldest entry leaves that window, `retry_after` how many seconds it takes
    until all have room, 0 where they have.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_at: int
    retry_after: int


def is_counted(path: str) -> bool:
    """Say whether a request for this path counts, and its answer tells how much is left."""
    return (path == _API or path.startswith(f"{_API}/")) and not path.startswith(_OF_SENDERS)


def hit(scope: str, key: str) -> Verdict:
    """Count `key` once more where all windows of `scope` have room; what is refused is not counted."""
    try:
        return hit_shared(scope, key)
    except Unavailable:
        return _memory().hit(windows_of(scope), _hidden(scope, key))


def hit_shared(scope: str, key: str) -> Verdict:
    """As `hit`, for what no process may count for itself. Raises Unavailable while Redis is away."""
    return _asked(lambda counter: counter.hit(windows_of(scope), _hidden(scope, key)))


def look(scope: str, key: str) -> Verdict:
    """Say whether there is room, without counting. Raises Unavailable while Redis is away."""
    return _asked(lambda counter: counter.look(windows_of(scope), _hidden(scope, key)))


def require(verdict: Verdict, request: HttpRequest) -> None:
    """Note a verdict for the answer's headers. Raises RateLimited for one that refuses."""
    note(verdict, request)
    require_room(verdict)


def require_room(verdict: Verdict) -> None:
    """Raise RateLimited for a verdict that refuses."""
    if not verdict.allowed:
        raise RateLimited(retry_after_seconds=verdict.retry_after)


def note(verdict: Verdict, request: HttpRequest) -> None:
    """Keep the verdict with the fewest places left on its request."""
    so_far = tightest(request)
    if so_far is None or verdict.remaining < so_far.remaining:
        setattr(request, _TIGHTEST, verdict)


def tightest(request: HttpRequest) -> Verdict | None:
    """Return the verdict to tell of, None where nothing was counted."""
    found: Verdict | None = getattr(request, _TIGHTEST, None)
    return found


def windows_of(scope: str) -> Windows:
    """Return the windows of a scope, the shortest first."""
    figures = sorted(settings.RATE_LIMITS[scope], key=lambda figure: figure[1])
    return [RateLimitItemPerSecond(times, seconds, namespace="moving") for times, seconds in figures]


class Counter:
    """Counts in one storage: looks at all windows, then takes a place in each, the shortest first.

    Where another takes the last place in between, a short window has counted what a longer one then refuses; no
    window ever lets more through than it has places.
    """

    def __init__(self, storage: Storage) -> None:
        self._limiter = MovingWindowRateLimiter(storage)

    def hit(self, windows: Windows, key: str) -> Verdict:
        found = self._rooms(windows, key)
        if all(room.remaining for room in found):
            for window in windows:
                if not self._limiter.hit(window, key):
                    lost = _verdict(self._rooms([window], key))
                    return replace(lost, allowed=False, remaining=0, retry_after=lost.retry_after or 1)
            return replace(_verdict([room.less_one() for room in found]), allowed=True, retry_after=0)
        return _verdict(found)

    def look(self, windows: Windows, key: str) -> Verdict:
        return _verdict(self._rooms(windows, key))

    def _rooms(self, windows: Windows, key: str) -> list["_Room"]:
        rooms = []
        for window in windows:
            reset_at, remaining = self._limiter.get_window_stats(window, key)
            rooms.append(_Room(window, max(0, int(remaining)), reset_at))
        return rooms


class MemoryCounter(Counter):
    """Counts in this process. One at a time, so that the look and the count are one step."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        super().__init__(self._storage)
        self._guard = threading.Lock()
        self._sweep_at = FIRST_SWEEP

    def hit(self, windows: Windows, key: str) -> Verdict:
        with self._guard:
            self._sweep()
            return super().hit(windows, key)

    def look(self, windows: Windows, key: str) -> Verdict:
        with self._guard:
            return super().look(windows, key)

    def _sweep(self) -> None:
        """Forget who has not asked for long: the library empties their lists and keeps them for ever."""
        events = self._storage.events
        if len(events) < self._sweep_at:
            return
        for key in [key for key, entries in list(events.items()) if not entries]:
            del events[key]
        self._sweep_at = max(FIRST_SWEEP, 2 * len(events))


@dataclass(frozen=True, slots=True)
class _Room:
    """What one window has left, and when (Unix seconds) its oldest entry leaves it."""

    window: RateLimitItem
    remaining: int
    reset_at: float

    def less_one(self) -> "_Room":
        return replace(self, remaining=max(0, self.remaining - 1))


def _verdict(rooms: Sequence[_Room]) -> Verdict:
    full = [room for room in rooms if not room.remaining]
    told = max(full or rooms, key=lambda room: room.window.get_expiry())
    wait = max((room.reset_at for room in full), default=0.0) - time.time()
    return Verdict(
        allowed=not full,
        limit=told.window.amount,
        remaining=told.remaining,
        reset_at=math.ceil(told.reset_at),
        retry_after=max(1, math.ceil(wait)) if full else 0,
    )


def _hidden(scope: str, key: str) -> str:
    """Return what a key is called in the storage: names that people type may be anything, passwords too."""
    return f"{scope}/{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


class _Shared:
    """The counter that all processes share, left alone for a few seconds after it failed."""

    def __init__(self, url: str) -> None:
        of_client: Any = {
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        self._counter = Counter(RedisStorage(url, key_prefix="desk:limits", **of_client))
        self._patience = Patience(PATIENCE_SECONDS)
        self._is_away = False

    def asked(self, question: Callable[[Counter], Verdict]) -> Verdict:
        if not self._patience.worth_asking():
            raise Unavailable("What counts attempts is away; try again.")
        try:
            verdict = question(self._counter)
        except redis.RedisError as error:
            self._failed()
            raise Unavailable("What counts attempts is away; try again.") from error
        self._answered()
        return verdict

    def _failed(self) -> None:
        self._patience.failed()
        if not self._is_away:
            logger.warning("redis does not answer: each process limits for itself, logins are refused")
        self._is_away = True

    def _answered(self) -> None:
        self._patience.answered()
        if self._is_away:
            logger.warning("redis answers again: limits are shared")
        self._is_away = False


@cache
def _memory() -> MemoryCounter:
    return MemoryCounter()


@cache
def _shared(url: str) -> _Shared:
    return _Shared(url)


def _asked(question: Callable[[Counter], Verdict]) -> Verdict:
    return _shared(settings.REDIS_URL).asked(question) if settings.REDIS_URL else question(_memory())
