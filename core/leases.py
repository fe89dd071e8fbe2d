"""Holding on to a row while its work is done: a lease that is renewed from a thread as long as the worker lives."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


@contextmanager
def renewed(renew: Callable[[], object], *, every_seconds: float, name: str) -> Iterator[None]:
    """Call `renew` every so many seconds while the block runs: a venue may take longer than a lease to answer."""
    done = threading.Event()

    def keep_on() -> None:
        while not done.wait(every_seconds):
            try:
                renew()
            except DatabaseError:
                logger.warning("the lease of %s could not be renewed", name)
        connection.close()

    renewing = threading.Thread(target=keep_on, name=f"lease {name}", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()
