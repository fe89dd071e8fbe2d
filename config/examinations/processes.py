"""Examines whether a worker and a beat live: without them alerts are stored and not traded."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from config.celery import app
from config.examinations.redis_server import client
from core.examinations import Finding, error, ok, skipped, warning

ANSWER_SECONDS = 1.0
LONG_QUEUE = 1_000
# Beat writes down every three minutes when it last did something.
BEAT_SILENT = timedelta(minutes=5)

_START_WORKER = "Start a worker: `celery -A config worker --concurrency 2`."


def examine_workers() -> Iterator[Finding]:
    """Ask every worker for a sign of life, and see how much waits for them."""
    if not settings.REDIS_URL:
        yield skipped("Embedded: the worker lives in the desk's one process.")
        return
    living = app.control.inspect(timeout=ANSWER_SECONDS).ping() or {}
    if living:
        yield ok(f"{len(living)} worker(s) answer: {', '.join(sorted(living))}.")
    else:
        yield error(f"No worker answers within {ANSWER_SECONDS:g} s: alerts are stored and not traded.", _START_WORKER)
    with client(settings.REDIS_URL) as server:
        yield queue_finding(int(server.llen(app.conf.task_default_queue)))


def queue_finding(length: int) -> Finding:
    """Judge how many tasks wait in Redis."""
    found = f"{length} task(s) wait in the queue."
    return warning(found, f"{_START_WORKER} More of them share the work.") if length > LONG_QUEUE else ok(found)


def examine_beat() -> Iterator[Finding]:
    """Look when a periodic task was last sent."""
    last = PeriodicTask.objects.filter(enabled=True).aggregate(last=Max("last_run_at"))["last"]
    yield beat_finding(last, now=timezone.now())


def beat_finding(last: datetime | None, *, now: datetime) -> Finding:
    """Judge when beat was last heard of. One process that is stopped is no fault: it is a warning there."""
    if last is not None and now - last <= BEAT_SILENT:
        return ok("Beat lives.")
    if last is None:
        advice = "See that exactly one `celery -A config beat` runs: it tells of itself three minutes after its start."
        return warning("Beat has not told of itself yet.", advice)
    since = f"was last heard of at {last:%Y-%m-%d %H:%M:%S} UTC"
    if settings.REDIS_URL:
        return error(f"Beat {since}: nothing sweeps the inbox.", "Start exactly one `celery -A config beat`.")
    return warning(f"Beat {since}: the desk is not running.", "Start it with `make run`, unless it should be down.")
