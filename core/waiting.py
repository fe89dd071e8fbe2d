"""Wakes whoever waits for a key: an event in the one process, Redis pub/sub between processes. Never a promise.

A request waits so for its alert's results, the relay for the outbox. Only a bounded number of requests may wait at
once, so that waiting never takes every thread of a server. A Redis that
is away, or hangs, costs one of them a second now and then, and the others nothing.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.patience import Patience

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 0.5
PATIENCE_SECONDS = 3

_places = threading.BoundedSemaphore(settings.WEBHOOK_WAITING_MOST)
_events: dict[str, list[threading.Event]] = {}
_guard = threading.Lock()


@contextmanager
def place_to_wait() -> Iterator[bool]:
    """Yield True where this request may wait, False where too many wait already."""
    taken = _places.acquire(blocking=False)
    try:
        yield taken
    finally:
        if taken:
            _places.release()


def announce(key: str) -> None:
    """Wake whoever waits for `key`. Never raises for a broken Redis: waiting is a courtesy."""
    if not settings.REDIS_URL:
        with _guard:
            events = _events.pop(key, [])
        for event in events:
            event.set()
        return
    patience = _patience()
    if not patience.worth_asking():
        return
    try:
        _redis().publish(f"desk:done:{key}", "1")
    except redis.RedisError:
        patience.failed()
        logger.warning("could not announce %s: redis does not answer", key)
    else:
        patience.answered()


@contextmanager
def waiter(key: str) -> Iterator["Waiter"]:
    """Start listening for `key`; listen before looking at the row, or the announcement may be missed."""
    if not settings.REDIS_URL:
        event = threading.Event()
        with _guard:
            _events.setdefault(key, []).append(event)
        try:
            yield Waiter(event)
        finally:
            with _guard:
                waiting = _events.get(key, [])
                if event in waiting:
                    waiting.remove(event)
                if not waiting:
                    _events.pop(key, None)
        return
    yield from _redis_waiter(key)


class Waiter:
    """Waits for one announcement."""

    def __init__(self, source: "threading.Event | redis.client.PubSub | None") -> None:
        self._source = source

    @property
    def hears(self) -> bool:
        """False where Redis does not answer: no announcement will come, and no task would go out either."""
        return self._source is not None

    def wait(self, seconds: float) -> bool:
        """Return True when it was announced within `seconds`."""
        if isinstance(self._source, threading.Event):
            return self._source.wait(seconds)
        if self._source is None:
            return False
        try:
            return self._source.get_message(ignore_subscribe_messages=True, timeout=seconds) is not None
        except redis.RedisError:
            return False


def _redis_waiter(key: str) -> Iterator[Waiter]:
    subscription = _redis().pubsub()
    if not _listens(subscription, f"desk:done:{key}"):
        yield Waiter(None)
        return
    try:
        yield Waiter(subscription)
    finally:
        subscription.close()


def _listens(subscription: redis.client.PubSub, channel: str) -> bool:
    patience = _patience()
    if not patience.worth_asking():
        return False
    try:
        subscription.subscribe(channel)
        confirmed = subscription.get_message(timeout=ANSWER_SECONDS)  # from here on nothing is missed
    except redis.RedisError:
        confirmed = None
    if confirmed is None:
        subscription.close()
        patience.failed()
        logger.warning("redis does not answer: nobody waits for it for %d seconds", PATIENCE_SECONDS)
        return False
    patience.answered()
    return True


_clients: dict[str, redis.Redis] = {}
_patience_with: dict[str, Patience] = {}


def _redis() -> redis.Redis:
    """Return a client that tries once: its own retries would take longer than the sender of an alert waits.

    There is one: a second, made at the same moment and dropped, would close the connections that it has given out.
    """
    with _guard:
        if settings.REDIS_URL not in _clients:
            _clients[settings.REDIS_URL] = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=ANSWER_SECONDS,
                socket_connect_timeout=ANSWER_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        return _clients[settings.REDIS_URL]


def _patience() -> Patience:
    return _patience_with.setdefault(settings.REDIS_URL, Patience(PATIENCE_SECONDS))
