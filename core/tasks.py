"""What the desk does for itself by the clock, and how a worker is asked to look at a row."""

import logging
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from core.idempotency import MOST_FORGOTTEN, forget_keys
from core.jobs.figures import note_sweep
from core.jobs.queue import forget_old, release_dead
from core.jobs.running import runner

logger = logging.getLogger(__name__)


def nudge_worker(task: Any, *row_ids: UUID) -> None:
    """Ask a worker to run `task`, on a row or on none. A broker that is down is logged: the sweep will find the row."""
    try:
        task.apply_async(tuple(map(str, row_ids)), retry=False)
    except (KombuError, RedisError, OSError) as error:
        logger.warning("could not nudge a worker: %s", type(error).__name__)


@shared_task(name="core.tasks.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    """Delete the keys of requests that nobody sends again any more."""
    now = timezone.now()
    while forget_keys(now=now) == MOST_FORGOTTEN:
        continue


@shared_task(name="core.tasks.run_jobs")
def run_jobs(job_id: str = "") -> None:
    """Have this process run the jobs that are due, whichever one this was a nudge for."""
    runner.start(clock=timezone.now)


@shared_task(name="core.tasks.sweep_jobs")
def sweep_jobs() -> None:
    """Give back the jobs of processes that died, and run what is due: the guarantee, where a nudge is lost."""
    now = timezone.now()
    note_sweep(now=now)
    if release_dead(now=now):
        logger.warning("a job's process ended without a word; the job waits again, or has failed")
    runner.start(clock=timezone.now)


@shared_task(name="core.tasks.forget_jobs")
def forget_jobs() -> None:
    """Delete the jobs that were over a month ago."""
    forget_old(now=timezone.now())
