"""Makes sweeps with their parts and jobs, writes what came of the parts and of the whole, cancels and hides them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Value, When

from core.errors import AppError
from core.jobs.catalogue import Work
from core.jobs.queue import cancel_all, enqueue_all
from core.models import JobPriority, JobStatus
from core.tasks import nudge_worker, run_jobs
from strategies.models import RunStatus, Sweep, SweepPart
from strategies.services.asked import AskedRun
from strategies.services.endings import end_run, hide_run
from strategies.sweep.plan import SweepPlan, checked_plan

JOB = "run_sweep_part"

# Runs × candles that one part has: a second or two of work of a rule that ships.
PART_CANDLES = 400_000_000
MOST_PARTS = 64


def create_sweep(asked: AskedRun, *, plan: SweepPlan, now: datetime) -> Sweep:
    """Store a sweep, its parts, and a job for each; they stand behind all other jobs.

    Raises UnknownRule, Invalid naming a field of the body, TooManyRuns, CandlesMissing, TooManyCandles.
    """
    rule = asked.the_rule()
    columns, span = asked.columns(now=now), asked.span(now=now)
    whole, runs = checked_plan(plan, rule, fixed=asked.parameters_over({}), candles=span.count)
    columns["settings"]["sweep"] = whole.as_json()
    sweep = Sweep(rule=rule.name, parameters=whole.space, runs=runs, **columns)
    parts = [SweepPart(sweep=sweep, **place) for place in _places(runs, candles=span.count)]
    with transaction.atomic():
        sweep.save(force_insert=True)
        SweepPart.objects.bulk_create(parts)
        _give_jobs(parts, user_id=asked.owner.pk, now=now)
        transaction.on_commit(lambda: _nudge(len(parts)))
    return sweep


@transaction.atomic
def store_part(part: SweepPart, work: Work, *, data: bytes) -> bool:
    """Keep what a part found, once, as long as the job is this worker's; say whether it was the last one.

    The sweep is locked meanwhile, so of two that end at the same time one is the last. Raises Stopped.
    """
    work.report(100)
    Sweep.objects.select_for_update().get(pk=part.sweep_id)
    SweepPart.objects.filter(pk=part.pk, data=None).update(data=data)
    return all_parts_done(part.sweep_id)


def all_parts_done(sweep_id: UUID) -> bool:
    """Say whether no part of a sweep lacks."""
    return not SweepPart.objects.filter(sweep=sweep_id, data=None).exists()


@transaction.atomic
def store_sweep_results(sweep_id: UUID, work: Work, *, results: Mapping[str, Any], now: datetime) -> None:
    """End a sweep with the results of all of its parts; one that is over already stays as it is. Raises Stopped."""
    work.report(100)
    end_run(Sweep, sweep_id, RunStatus.COMPLETED, percent=100, results=results, now=now)


def store_sweep_failure(part: SweepPart, work: Work, error: AppError, *, now: datetime) -> None:
    """End a sweep with the reason for which one part failed, and cancel the other parts. Raises Stopped."""
    sweep_id = part.sweep_id
    with transaction.atomic():
        work.report(100)
        percent = Sweep.objects.told().get(pk=sweep_id).progress_percent  # type: ignore[attr-defined]
        end_run(Sweep, sweep_id, RunStatus.FAILED, percent=percent, error=error, now=now)
        others = [job_id for job_id in _jobs_of(sweep_id) if job_id != part.job_id]
    # Apart: a part that ends at this moment holds its job's row and waits for the sweep's.
    cancel_all(others, now=now)


@transaction.atomic
def cancel_sweeps(sweeps: Iterable[Sweep], *, now: datetime) -> int:
    """Cancel those of some sweeps that are not over, with all their parts; they stay and say so. Return how many."""
    percents = {sweep.pk: sweep.progress_percent for sweep in sweeps}  # type: ignore[attr-defined]
    if not cancel_all(_jobs_of(*percents), now=now):
        return 0
    stopped = SweepPart.objects.filter(sweep=OuterRef("pk"), job__status=JobStatus.CANCELLED)
    percent = Case(*(When(pk=pk, then=Value(percent)) for pk, percent in percents.items()), default=Value(0.0))
    return Sweep.objects.filter(Exists(stopped), pk__in=percents, ended="").update(
        ended=RunStatus.CANCELLED, ended_percent=percent, completed_at=now
    )


@transaction.atomic
def cancel_or_delete_sweep(sweep: Sweep, *, only_cancel: bool = False, now: datetime) -> None:
    """Cancel a sweep that is not over. Hide one that is over, for good; with `only_cancel`, raise RunOver."""
    if not cancel_sweeps([sweep], now=now):
        hide_run(Sweep, sweep.pk, only_cancel=only_cancel, now=now)


def _jobs_of(*sweep_ids: UUID) -> list[UUID]:
    found = SweepPart.objects.filter(sweep__in=sweep_ids, job__isnull=False).order_by("sweep", "number")
    return [job_id for job_id in found.values_list("job", flat=True) if job_id]


def _places(runs: int, *, candles: int) -> list[dict[str, int]]:
    """Return parts of nearly equal size, whose runs follow each other."""
    parts = min(runs, MOST_PARTS, -(-runs * candles // PART_CANDLES))
    edges = [runs * part // parts for part in range(parts + 1)]
    return [
        {"number": number, "first": edges[number], "count": edges[number + 1] - edges[number]}
        for number in range(parts)
    ]


def _give_jobs(parts: list[SweepPart], *, user_id: UUID, now: datetime) -> None:
    every = [{"part_id": part.pk} for part in parts]
    jobs = enqueue_all(JOB, every, user_id=user_id, priority=JobPriority.LOW, now=now)
    for part, job in zip(parts, jobs, strict=True):
        part.job = job
    SweepPart.objects.bulk_update(parts, ["job"])


def _nudge(parts: int) -> None:
    """Wake as many workers as may run parts at once."""
    for _ in range(min(parts, settings.JOBS_AT_ONCE)):
        nudge_worker(run_jobs)
