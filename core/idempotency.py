"""A request that is sent again has one effect and one answer: its key is claimed in the transaction of its work.

What a death leaves behind, by when it comes:
- before the work's transaction is committed: nothing. The key is free, and the request begins anew.
- after it, where the work is all in this database: the finished row, the answer in it. It is given again.
- after it, where the work goes on at a venue: a row that names what it began (`resource_id`) and has no answer.
  Whoever asks again is told of that resource as it stands by then; nothing is begun a second time.
- in a refusal: the refusal, or nothing. Either way nothing was traded or moved.

That an effect comes once hangs on the unique row alone. The lock of `running` only tells "still at it" from "died".
"""

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from core.errors import Conflict
from core.models import IdempotencyKey

logger = logging.getLogger(__name__)

MOST_FORGOTTEN = 1000
RETRY_AFTER_SECONDS = 1

_guard = threading.Lock()
_running_here: set[int] = set()


class KeyReused(Conflict):
    """The key came with another request before."""

    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with another request; a new one needs a new key.")


class InProgress(Conflict):
    """The first request with the key is still at work."""

    code = "IDEMPOTENCY_IN_PROGRESS"
    retry_after_seconds = RETRY_AFTER_SECONDS

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still running; ask again in a moment.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: whose, `operation` (the action), the key it brought, the digest of what it asks for."""

    user_id: UUID
    operation: str
    key: str
    body_sha256: str

    @property
    def lock_number(self) -> int:
        """64 bits with a sign, as PostgreSQL's advisory locks want them; what is asked is no part of them."""
        name = f"{self.user_id}\n{self.key}"
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer to be given again: its status and its body as JSON text."""

    status: int
    body: str


class Claim:
    """The row of a request under way: written once, in the transaction of the work; finished once."""

    def __init__(self, asked: Asked, *, now: datetime) -> None:
        self._row = IdempotencyKey(
            user_id=asked.user_id,
            operation=asked.operation,
            key=asked.key,
            body_sha256=asked.body_sha256,
            created_at=now,
        )

    @property
    def is_held(self) -> bool:
        """Whether the row was written; where that transaction fails, so does the request."""
        return not self._row._state.adding

    def hold(self, resource_id: UUID, answer: Kept | None) -> None:
        """Write the row in the transaction that begins the work; `answer` is absent where the work goes on outside.

        Raises InProgress where another process has claimed the key meanwhile: all of the transaction is undone.
        """
        if not connection.in_atomic_block:
            raise RuntimeError("a key is claimed in the transaction of its work")
        self._row.resource_id = resource_id
        self._write(answer)

    def finish(self, answer: Kept) -> None:
        """Keep the answer, unless one is kept already. Raises InProgress like `hold`."""
        if not self.is_held:
            self._write(answer)
        elif self._row.status is None:
            self._row.status, self._row.answer = answer.status, answer.body
            self._row.save(update_fields=["status", "answer"])

    def _write(self, answer: Kept | None) -> None:
        if answer is not None:
            self._row.status, self._row.answer = answer.status, answer.body
        try:
            self._row.save(force_insert=True)
        except IntegrityError as error:
            raise InProgress from error


def find_claim(asked: Asked) -> IdempotencyKey | None:
    """Return the row of the same user and key. Raises KeyReused where it is of another action or body."""
    row = IdempotencyKey.objects.filter(user_id=asked.user_id, key=asked.key).first()
    if row is not None and (row.operation, row.body_sha256) != (asked.operation, asked.body_sha256):
        raise KeyReused
    return row


@contextmanager
def running(asked: Asked) -> Iterator[bool]:
    """Yield True to the only one who works on this request, False, at once, to all others until it is done.

    PostgreSQL: an advisory lock of the connection, so that it spans transactions, and ends with its process however
    that ends. SQLite has one process: a set in memory.
    """
    number = asked.lock_number
    take, give_back = (_lock, _unlock) if connection.vendor == "postgresql" else (_enter, _leave)
    if not take(number):
        yield False
        return
    try:
        yield True
    finally:
        give_back(number)


def forget_keys(*, now: datetime) -> int:
    """Delete keys older than IDEMPOTENCY_RETENTION, at most MOST_FORGOTTEN of them; return how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=now - settings.IDEMPOTENCY_RETENTION).order_by("created_at")
    with transaction.atomic():
        return IdempotencyKey.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:MOST_FORGOTTEN])).delete()[0]


def _enter(number: int) -> bool:
    with _guard:
        is_free = number not in _running_here
        _running_here.add(number)
    return is_free


def _leave(number: int) -> None:
    with _guard:
        _running_here.discard(number)


def _lock(number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _unlock(number: int) -> None:
    """A connection that broke has let go of its locks; one that cannot say is closed, which does the same."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
    except (OperationalError, InterfaceError):
        logger.warning("could not give back the lock of a key; its connection is closed")
        connection.close()
