"""How the jobs are doing: whether any are done at all, how many there are of each status."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django_celery_beat.models import PeriodicTask
from redis.exceptions import RedisError

from core.models import Job, JobStatus

SWEEP = "sweep-jobs"
_SWEPT_AT = "core.jobs.swept_at"
# Three rounds of the sweep.
_SILENT = timedelta(seconds=15)


def note_sweep(*, now: datetime) -> None:
    """Leave a sign that a worker did what the scheduler sent. Where Redis is away there is none."""
    try:
        cache.set(_SWEPT_AT, now, timeout=2 * _SILENT.total_seconds())
    except (RedisError, OSError):
        return  # health says that nothing runs, which is what it looks like without Redis


def jobs_run(*, now: datetime) -> bool:
    """Say whether jobs are done: whether the sweep's sign is fresh."""
    try:
        swept_at = cache.get(_SWEPT_AT)
    except (RedisError, OSError):
        return False
    return swept_at is not None and swept_at >= now - _SILENT


def job_health(*, now: datetime) -> dict[str, Any]:
    """Return whether jobs are done, who sends and who does them."""
    running = jobs_run(now=now)
    enabled = PeriodicTask.objects.filter(name=SWEEP, enabled=True).exists()
    scheduler = {"enabled": enabled, "running": running}
    return {"running": running, "timestamp": now, "scheduler": scheduler, "workers": _workers(_counts())}


def job_stats() -> dict[str, Any]:
    """Return how many jobs there are of each status, and the places for them."""
    counts = _counts()
    return {"queue": counts, "workers": _workers(counts)}


def _counts() -> dict[str, int]:
    found = Job.objects.order_by().values_list("status").annotate(Count("pk"))
    return dict.fromkeys(JobStatus.values, 0) | dict(found)


def _workers(counts: dict[str, int]) -> dict[str, int]:
    active = counts[JobStatus.RUNNING]
    total = settings.JOBS_AT_ONCE
    return {"total": total, "active": active, "idle": max(0, total - active)}
