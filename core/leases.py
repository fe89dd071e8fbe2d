"""Rows that are worked on one at a time: held by a lease that is renewed as long as the worker lives, tried again a
little later each time that fails, and given up in the end, since a row that stays holds up all that came after it.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Generic, Self, TypeVar

from django.db import Error, OperationalError, connection, models

from core.clock import Clock

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=9)
RENEW_SECONDS = 3
# So often a failure is tried again; one that ends the worker itself is seen by the number of attempts alone.
MOST_ATTEMPTS = 5
LAST_ATTEMPT = 20


class Leased(models.Model):
    """A row that is in one worker's hands until `lease_until`, for the `attempts`-th time."""

    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True

    def is_held(self, now: datetime) -> bool:
        """Tell whether a worker has it in hand."""
        return self.lease_until is not None and self.lease_until >= now


Row = TypeVar("Row", bound=Leased)


class Attempt(Generic[Row]):
    """One worker's try at a row. What it writes is fenced by its number: once another has begun, it changes nothing.

    `unfinished` are the rows that are still to be done; `name` is what logs call this one.
    """

    def __init__(self, row: Row, *, unfinished: models.QuerySet[Row], clock: Clock, name: str) -> None:
        self.row, self.name, self.clock = row, name, clock
        self._mine = unfinished.filter(pk=row.pk, attempts=row.attempts)

    @classmethod
    def begin(cls, row: Row, *, unfinished: models.QuerySet[Row], clock: Clock, name: str, **fields: Any) -> Self:
        """Take a row in hand and write these fields of it, in a transaction that nobody else takes it in."""
        fields |= {"lease_until": clock() + LEASE, "attempts": row.attempts + 1}
        for field, value in fields.items():
            setattr(row, field, value)
        row.save(update_fields=list(fields))
        return cls(row, unfinished=unfinished, clock=clock, name=name)

    def carry_through(self, work: Callable[[], bool], *, give_up: Callable[[], None]) -> bool:
        """Do the work, which tells whether it is through and then ends the attempt; return whether the row is done.

        One that fails comes back later. At the last of its attempts `give_up` ends it instead, if it is still held.
        """
        if self.row.attempts > LAST_ATTEMPT:
            return self._give_up(give_up)
        try:
            with self.renewed():
                return work()
        except OperationalError:
            raise  # the database is away: the lease runs out, and whoever looks next has it
        except Exception:
            logger.exception("%s failed", self.name)
            if self.row.attempts >= MOST_ATTEMPTS:
                return self._give_up(give_up)
            self._mine.update(lease_until=self.clock() + timedelta(seconds=2**self.row.attempts))
            return False

    def renew(self) -> bool:
        """Hold the row a lease longer; False where another has it: both go on, and find what is left."""
        return bool(self._mine.update(lease_until=self.clock() + LEASE))

    def end(self, **fields: Any) -> None:
        """Let go of the row and write that it is done, unless another has it."""
        self._mine.update(lease_until=None, **fields)

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew the lease from a thread while the block runs: a venue may take longer than a lease to answer."""
        done = threading.Event()

        def keep_on() -> None:
            while not done.wait(RENEW_SECONDS):
                try:
                    self.renew()
                except Error:
                    logger.warning("the lease of %s could not be renewed", self.name)
                except Exception:  # the work goes on, and another would begin it too
                    logger.exception("the lease of %s could not be renewed", self.name)
            connection.close()

        renewing = threading.Thread(target=keep_on, name=f"lease of {self.name}", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            done.set()
            renewing.join()

    def _give_up(self, give_up: Callable[[], None]) -> bool:
        logger.error("%s is given up after %d attempts", self.name, self.row.attempts)
        if not self.renew():
            return False
        give_up()
        return True


def release(unfinished: models.QuerySet[Row]) -> int:
    """Free what workers hold; return how many. For the start of a desk that is the only process there is."""
    return unfinished.exclude(lease_until=None).update(lease_until=None)
