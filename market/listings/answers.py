"""Rendered answers about coins, kept for five minutes and dropped when the listings change.

An answer is kept with the edition that was current before its rows were read. A sync begins a new edition after its
commit: answers of an older one are found no more, also those of a reader that read before and keeps after. Without
the cache every answer is made from the database.
"""

import hashlib
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from core.patience import Patience

logger = logging.getLogger(__name__)

KEPT_SECONDS = 300
PATIENCE_SECONDS = 3

_EDITION = "listings:edition"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer belongs: under which key, of which edition; `body` is None where none is kept."""

    key: str
    edition: str | None
    body: bytes | None = None


class _SharedMemory:
    """Django's cache, left alone for a few seconds after it failed; that it is away is logged once."""

    def __init__(self) -> None:
        self._patience = Patience(PATIENCE_SECONDS)
        self._is_away = False

    def get(self, *keys: str) -> dict[str, Any] | None:
        """Return what is kept under these keys, None while there is no cache."""
        if not self._patience.worth_asking():
            return None
        try:
            found: dict[str, Any] = cache.get_many(keys)
        except RedisError as error:
            self._failed(error)
            return None
        self._answered()
        return found

    def put(self, key: str, value: object, seconds: int | None) -> None:
        """Keep a value where there is a cache; `seconds` None is for ever."""
        try:
            cache.set(key, value, seconds)
        except RedisError as error:
            self._failed(error)

    def _failed(self, error: RedisError) -> None:
        self._patience.failed()
        if not self._is_away:
            logger.warning("the cache does not answer (%s): coins are read from the database", type(error).__name__)
        self._is_away = True

    def _answered(self) -> None:
        self._patience.answered()
        if self._is_away:
            logger.warning("the cache answers again")
        self._is_away = False


_memory = _SharedMemory()


def find_answer(address: str) -> Place | None:
    """Return where the answer of an address (path and query) is kept, or would be; None while there is no cache."""
    key = f"listings:{hashlib.sha256(address.encode()).hexdigest()}"
    found = _memory.get(_EDITION, key)
    if found is None:
        return None
    edition = found.get(_EDITION)
    kept_edition, body = found.get(key, (None, None))
    return Place(key, edition, body if kept_edition == edition else None)


def keep_answer(place: Place, body: bytes) -> None:
    """Keep an answer whose rows were read after its place was found."""
    _memory.put(place.key, (place.edition, body), KEPT_SECONDS)


def drop_answers() -> None:
    """Begin a new edition. While there is no cache the answers kept in it go on to be found for up to five minutes."""
    _memory.put(_EDITION, uuid.uuid4().hex, None)
