"""Makes backtests, writes how they ended, cancels and hides them; each is one transaction with its job."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from core.errors import AppError
from core.jobs.catalogue import Work
from core.jobs.queue import Stopped, cancel_all, enqueue
from core.models import Job, JobStatus
from core.tasks import nudge_worker, run_jobs
from strategies.models import Backtest, BacktestArrays, RunStatus
from strategies.parameters import whole_parameters
from strategies.services.asked import AskedRun
from strategies.services.endings import end_run, hide_run

JOB = "run_backtest"


def create_backtest(asked: AskedRun, *, parameters: Mapping[str, Any], now: datetime) -> Backtest:
    """Store a backtest and the job that runs it; parameters are whole, those of a strategy changed by `parameters`.

    Raises UnknownRule, Invalid naming a field of the body, CandlesMissing, TooManyCandles.
    """
    rule = asked.the_rule()
    whole = whole_parameters(rule, asked.parameters_over(parameters))
    backtest = Backtest(rule=rule.name, parameters=whole, **asked.columns(now=now))
    with transaction.atomic():
        args = {"backtest_id": str(backtest.pk)}
        backtest.job = job = enqueue(JOB, args, user_id=asked.owner.pk, now=now)
        backtest.save(force_insert=True)
        transaction.on_commit(lambda: nudge_worker(run_jobs, job.pk))
    return backtest


@transaction.atomic
def store_results(backtest_id: UUID, work: Work, *, results: Mapping[str, Any], arrays: bytes, now: datetime) -> None:
    """End a backtest with its results, once, as long as the job is this worker's. Raises Stopped where it is not."""
    work.report(100)
    if not end_run(Backtest, backtest_id, RunStatus.COMPLETED, percent=100, results=dict(results), now=now):
        raise Stopped
    BacktestArrays.objects.create(backtest_id=backtest_id, data=arrays)


@transaction.atomic
def store_failure(backtest_id: UUID, work: Work, error: AppError, *, percent: float, now: datetime) -> None:
    """End a backtest with the reason for which it failed, as long as the job is this worker's. Raises Stopped."""
    work.report(percent)
    end_run(Backtest, backtest_id, RunStatus.FAILED, percent=percent, error=error, now=now)


@transaction.atomic
def cancel_backtests(backtests: Iterable[Backtest], *, now: datetime) -> int:
    """Cancel those of some backtests that are not over, which stay and say so; return how many."""
    job_ids = [backtest.job_id for backtest in backtests if backtest.job_id]
    if not cancel_all(job_ids, now=now):
        return 0
    stopped = Job.objects.filter(pk=OuterRef("job"), status=JobStatus.CANCELLED)
    return Backtest.objects.filter(Exists(stopped), job__in=job_ids, ended="").update(
        ended=RunStatus.CANCELLED,
        ended_percent=Subquery(stopped.values("progress_percent")),
        completed_at=now,
    )


@transaction.atomic
def cancel_or_delete_backtest(backtest: Backtest, *, only_cancel: bool = False, now: datetime) -> None:
    """Cancel a backtest that is not over. Hide one that is over, for good; with `only_cancel`, raise RunOver."""
    if not cancel_backtests([backtest], now=now):
        hide_run(Backtest, backtest.pk, only_cancel=only_cancel, now=now)
