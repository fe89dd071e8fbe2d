"""The queue of jobs: asking for one, taking the next, ending it. Each change is one guarded UPDATE."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Value, When

from core.errors import AppError, Conflict, Missing
from core.models import Job, JobPriority, JobStatus

# A process that works on a job tells of itself this often, and is taken for dead after so long a silence.
HEARTBEAT_SECONDS = 5
DEAD_AFTER = timedelta(seconds=30)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
RETENTION = timedelta(days=30)

_ORDER = Case(
    *(When(priority=priority, then=Value(rank)) for rank, priority in enumerate(JobPriority)), default=Value(99)
)
_OVER = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class Stopped(Exception):
    """The job was cancelled, or another process took it over: who works on it stops."""


def enqueue(
    name: str,
    args: Mapping[str, Any],
    *,
    now: datetime,
    user_id: UUID | None = None,
    priority: JobPriority = JobPriority.NORMAL,
    max_retries: int = 3,
) -> Job:
    """Store a job whose arguments were validated. A worker finds it within seconds, or when it is nudged."""
    return Job.objects.create(
        name=name,
        args=dict(args),
        user_id=user_id,
        priority=priority,
        max_retries=max_retries,
        created_at=now,
        due_at=now,
    )


def enqueue_all(
    name: str,
    every: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    user_id: UUID | None = None,
    priority: JobPriority = JobPriority.NORMAL,
) -> list[Job]:
    """Store a job for each of the arguments, which were validated, in one statement; return them in that order."""
    terms = {"name": name, "user_id": user_id, "priority": priority, "created_at": now, "due_at": now}
    return Job.objects.bulk_create([Job(args=dict(args), **terms) for args in every])


def take_next(*, now: datetime) -> Job | None:
    """Take the next job that is due, the most urgent first, then the oldest; None where enough are running.

    Two at once take two different ones; they may both pass the limit by one.
    """
    if Job.objects.filter(status=JobStatus.RUNNING).count() >= settings.JOBS_AT_ONCE:
        return None
    due = Job.objects.filter(status=JobStatus.PENDING, due_at__lte=now).order_by(_ORDER, "created_at", "id")
    for job_id in list(due.values_list("pk", flat=True)[:10]):
        if (job := take(job_id, now=now)) is not None:
            return job
    return None


def take(job_id: UUID, *, now: datetime) -> Job | None:
    """Take this job, due or not, however many run; None where somebody else was quicker, or it is over."""
    taken = Job.objects.filter(pk=job_id, status=JobStatus.PENDING).update(
        status=JobStatus.RUNNING,
        attempts=F("attempts") + 1,
        started_at=now,
        heartbeat_at=now,
        error="",
        error_code="",
    )
    return Job.objects.get(pk=job_id) if taken else None


def beat(job: Job, *, now: datetime) -> None:
    """Tell that somebody works on a job. Raises Stopped."""
    _write(job, heartbeat_at=now)


def report(job: Job, progress_percent: float, state: Mapping[str, Any], *, now: datetime) -> None:
    """Write how far a job is. Raises Stopped."""
    _write(job, progress_percent=min(max(progress_percent, 0.0), 100.0), state=dict(state), heartbeat_at=now)


def complete(job: Job, result: Mapping[str, Any], *, now: datetime) -> None:
    """End a job that is done. Raises Stopped."""
    _write(job, status=JobStatus.COMPLETED, progress_percent=100.0, result=dict(result), finished_at=now)


def fail(job: Job, error: AppError, *, may_retry: bool, now: datetime) -> None:
    """End an attempt that failed: a later one where that may help and some are left. Raises Stopped."""
    told = {"error_code": error.code, "error": error.message}
    if may_retry and job.attempts <= job.max_retries:
        _write(job, status=JobStatus.PENDING, due_at=now + _pause(job.attempts), **told)
    else:
        _write(job, status=JobStatus.FAILED, finished_at=now, **told)


def cancel(job_id: UUID, *, now: datetime) -> Job:
    """End a job that waits or runs; what runs stops at its next report. Raises Missing, Conflict."""
    ended = Job.objects.filter(pk=job_id).exclude(status__in=_OVER)
    if ended.update(status=JobStatus.CANCELLED, finished_at=now):
        return Job.objects.get(pk=job_id)
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise Missing("There is no such job.")
    raise Conflict(f"The job is {job.status} already.", code="JOB_IS_OVER")


def cancel_all(job_ids: Iterable[UUID], *, now: datetime) -> int:
    """End those of some jobs that wait or run, in one statement; return how many."""
    waiting = Job.objects.filter(pk__in=list(job_ids)).exclude(status__in=_OVER)
    return waiting.update(status=JobStatus.CANCELLED, finished_at=now)


def release_dead(*, now: datetime) -> int:
    """Give back the jobs whose process fell silent; return how many. One without attempts left has failed."""
    dead = Job.objects.filter(status=JobStatus.RUNNING, heartbeat_at__lt=now - DEAD_AFTER)
    told = {"error_code": "WORKER_DIED", "error": "The process that worked on it ended without a word."}
    failed = dead.filter(attempts__gt=F("max_retries")).update(status=JobStatus.FAILED, finished_at=now, **told)
    return failed + dead.update(status=JobStatus.PENDING, due_at=now, **told)


def forget_old(*, now: datetime) -> int:
    """Delete the jobs that were over long ago; return how many."""
    return Job.objects.filter(status__in=_OVER, finished_at__lt=now - RETENTION).delete()[0]


def _pause(attempts: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)


def _write(job: Job, **values: Any) -> None:
    mine = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, attempts=job.attempts)
    if not mine.update(**values):
        raise Stopped
