"""Examines a PostgreSQL server: durability, free connections, sessions that hold others up."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from core.examinations import Finding, error, ok, warning

BUSY_SHARE = 0.8
LONG_IDLE = timedelta(minutes=1)
LONG_WAIT = timedelta(seconds=10)

_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_ASKED = (*_DURABLE, "default_transaction_isolation", "TimeZone", "max_connections")


def storage_findings(connection: Any) -> Iterator[Finding]:
    """Read the server's settings as this desk's session sees them, then the sessions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(_ASKED)])
        chosen = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        used = cursor.fetchone()[0]
    yield durability_finding(chosen)
    yield from behaviour_findings(chosen)
    yield connections_finding(used=used, most=int(chosen["max_connections"]))
    yield session_finding(connection, idle=LONG_IDLE, waiting=LONG_WAIT)


def durability_finding(chosen: Mapping[str, str]) -> Finding:
    """Say whether what was committed stays through a crash of server or machine."""
    loose = [name for name in _DURABLE if chosen[name] == "off"]
    if loose:
        advice = f"Set {', '.join(f'{name} = on' for name in loose)} in postgresql.conf and reload the server."
        return error(f"A crash can lose or damage committed rows: {', '.join(loose)} is off.", advice)
    return ok("What is committed stays through a crash.")


def behaviour_findings(chosen: Mapping[str, str]) -> Iterator[Finding]:
    """Look for defaults that the desk's transactions and times were not written for."""
    isolation, zone = chosen["default_transaction_isolation"], chosen["TimeZone"]
    if isolation != "read committed":
        advice = "Reset default_transaction_isolation of the desk's role and database."
        yield warning(f"Transactions are {isolation} by default: some would fail that need not.", advice)
    if zone not in ("UTC", "Etc/UTC"):
        yield warning(f"The desk's sessions count in the time zone {zone}.", "Set TIME_ZONE and USE_TZ back to UTC.")


def connections_finding(*, used: int, most: int) -> Finding:
    """Say how many of the server's connections are taken."""
    found = f"{used} of {most} connections are in use."
    if used >= most * BUSY_SHARE:
        return warning(found, "Run fewer processes or threads, lower CONN_MAX_AGE, or raise max_connections.")
    return ok(found)


def session_finding(connection: Any, *, idle: timedelta, waiting: timedelta) -> Finding:
    """Look for sessions of this database that sit in a transaction, or wait for a lock, longer than said."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
              AND (state LIKE 'idle in transaction%%' AND now() - state_change > %s
                   OR wait_event_type = 'Lock' AND now() - state_change > %s)
            ORDER BY pid
            """,
            [idle, waiting],
        )
        stuck = [row[0] for row in cursor.fetchall()]
    if stuck:
        found = f"Sessions sit in a transaction or wait for a lock too long: {', '.join(map(str, stuck))}."
        return warning(found, "Look at them in pg_stat_activity; end one with `SELECT pg_terminate_backend(pid)`.")
    return ok("No session holds another up.")
