"""Runs whose jobs ended without them are ended by the clock: what became of them outlives the job."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.jobs import queue
from core.models import Job
from strategies.models import Backtest, Sweep
from strategies.services.endings import settle_runs
from strategies.tests.making import waiting_backtest, waiting_sweep

pytestmark = pytest.mark.django_db


def died() -> None:
    """Let the process that runs the next job fall silent, at its last attempt."""
    job = queue.take_next(now=timezone.now())
    Job.objects.filter(pk=job.pk).update(attempts=job.max_retries + 1)
    queue.release_dead(now=timezone.now() + queue.DEAD_AFTER * 2)


def told(run):
    settle_runs(now=timezone.now())
    Job.objects.all().delete()
    row = type(run).objects.told().get(pk=run.pk)
    return row.ended, row.status, row.error_code


@pytest.mark.parametrize("make", [waiting_backtest, waiting_sweep])
def test_a_run_whose_process_died_has_failed_for_good(tom, make):
    run = make(tom)
    died()
    assert told(run) == ("failed", "failed", "WORKER_DIED")


@pytest.mark.parametrize("make", [waiting_backtest, waiting_sweep])
def test_a_run_whose_job_was_cancelled_by_itself_is_cancelled_for_good(tom, make):
    run = make(tom)
    queue.cancel_all(Job.objects.values_list("pk", flat=True), now=timezone.now())
    assert told(run) == ("cancelled", "cancelled", "")


def test_what_waits_and_what_is_over_stays_as_it_is(tom):
    waiting, over = waiting_backtest(tom), waiting_sweep(tom)
    long_ago = timezone.now() - timedelta(days=1)
    Sweep.objects.filter(pk=over.pk).update(ended="completed", completed_at=long_ago)
    assert settle_runs(now=timezone.now()) == 0
    waiting.refresh_from_db()
    over.refresh_from_db()
    assert (Backtest.objects.get().ended, over.ended, over.completed_at) == ("", "completed", long_ago)
