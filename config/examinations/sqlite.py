"""Examines a SQLite database: how it writes, how long a writer waits for another, whether the file is whole."""

import time
from collections.abc import Iterator
from typing import Any

from django.db import OperationalError

from core.examinations import Finding, error, ok, skipped, warning

FULL = 2
LEAST_WAIT_MILLISECONDS = 5_000
CHECK_SECONDS = 10.0
_STEPS_BETWEEN_LOOKS = 10_000


def storage_findings(connection: Any, *, check_seconds: float = CHECK_SECONDS) -> Iterator[Finding]:
    """Read the pragmas of the desk's own connection, then check the file for at most `check_seconds`."""
    yield _journal(str(_pragma(connection, "journal_mode")))
    yield _synchronous(int(_pragma(connection, "synchronous")))
    yield _wait(int(_pragma(connection, "busy_timeout")))
    yield _whole(connection, check_seconds)


def _pragma(connection: Any, name: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


def _journal(mode: str) -> Finding:
    if mode == "wal":
        return ok("SQLite keeps a write-ahead log.")
    found = f"SQLite's journal mode is {mode}: readers and the writer block one another."
    return warning(found, "Keep DATA_DIR on a local disk: network folders have no write-ahead log.")


def _synchronous(level: int) -> Finding:
    if level >= FULL:
        return ok("SQLite waits for the disk at every commit.")
    found = f"SQLite does not wait for the disk at every commit (synchronous={level}): a power cut loses rows."
    return error(found, "Take `PRAGMA synchronous=FULL` back into the settings.")


def _wait(milliseconds: int) -> Finding:
    if milliseconds >= LEAST_WAIT_MILLISECONDS:
        return ok(f"A writer waits up to {milliseconds / 1000:g} s for another.")
    found = f"A writer gives up after {milliseconds} ms where another writes."
    return warning(found, "Raise `timeout` in the database's OPTIONS to 20 seconds.")


def _whole(connection: Any, check_seconds: float) -> Finding:
    """Ask for a quick check. SQLite has no time limit: a look at the clock between its steps ends it."""
    until = time.monotonic() + check_seconds
    raw = connection.connection
    raw.set_progress_handler(lambda: time.monotonic() > until, _STEPS_BETWEEN_LOOKS)
    try:
        said = str(_pragma(connection, "quick_check(1)"))
    except OperationalError as failure:
        if "interrupted" not in str(failure):
            raise
        return skipped(f"The file is too large to check in {check_seconds:g} s; `PRAGMA quick_check` does it.")
    finally:
        raw.set_progress_handler(None, 0)
    if said == "ok":
        return ok("The database file is whole.")
    found = f"The database file is damaged: {said.splitlines()[0]}."
    return error(found, "Stop the desk, keep a copy of the file, and put back the newest backup.")
