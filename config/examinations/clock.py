"""Examines this machine's clock against those of its servers: alerts, quotes and orders are refused by their age."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.examinations.redis_server import client
from core.examinations import Finding, error, ok, skipped, warning

TOLERATED = timedelta(milliseconds=500)
TOO_MUCH = timedelta(seconds=2)

_MEND = "Let chrony or systemd-timesyncd set the clocks of both machines; `chronyc tracking` tells the offset."


def examine_database_clock() -> Iterator[Finding]:
    """Compare with PostgreSQL; SQLite has no clock of its own."""
    if connection.vendor == "postgresql":
        yield skew_finding("PostgreSQL", _database_time)
    else:
        yield skipped("SQLite has no clock of its own.")


def examine_redis_clock() -> Iterator[Finding]:
    """Compare with Redis."""
    if settings.REDIS_URL:
        yield skew_finding("Redis", _redis_time)
    else:
        yield skipped("Embedded: no Redis is used.")


def skew_finding(whose: str, read: Callable[[], datetime]) -> Finding:
    """Compare two clocks. Half of the time that the asking took is no evidence of a skew."""
    before = timezone.now()
    theirs = read()
    after = timezone.now()
    half = (after - before) / 2
    ahead = before + half - theirs
    skew = max(abs(ahead) - abs(half), timedelta(0))
    found = f"This clock is {skew.total_seconds():.3f} s {'ahead of' if ahead > timedelta(0) else 'behind'} {whose}'s."
    if skew > TOO_MUCH:
        return error(found, _MEND)
    if skew > TOLERATED:
        return warning(found, _MEND)
    return ok(f"This clock and {whose}'s agree within {TOLERATED.total_seconds():g} s.")


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _redis_time() -> datetime:
    with client(settings.REDIS_URL) as server:
        seconds, microseconds = server.time()
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
