"""How runs end: each once, by a guarded UPDATE, whoever comes first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.errors import AppError, Conflict
from strategies.models import Backtest, RunStatus, Sweep

RunModel = type[Backtest] | type[Sweep]


class RunOver(Conflict):
    """A run ended before it could be cancelled."""

    code = "RUN_OVER"


def end_run(
    model: RunModel,
    run_id: UUID,
    ended: RunStatus,
    *,
    percent: float,
    results: Mapping[str, Any] | None = None,
    error: AppError | None = None,
    now: datetime,
) -> bool:
    """Write how a run ended, and say whether it was not over before."""
    told = {"ended_code": error.code, "ended_reason": error.message} if error else {}
    return bool(
        model.objects.filter(pk=run_id, ended="").update(
            ended=ended, ended_percent=percent, results=dict(results or {}), completed_at=now, **told
        )
    )


def settle_runs(*, now: datetime) -> int:
    """End the runs whose jobs failed or were cancelled without them, before the jobs are forgotten; return how many."""
    return sum(_settle(model, run, now=now) for model in (Backtest, Sweep) for run in _left_open(model))


def _left_open(model: RunModel) -> QuerySet[Any]:
    told: QuerySet[Any] = model.objects.filter(ended="").told()
    return told.filter(status__in=(RunStatus.FAILED, RunStatus.CANCELLED))


def _settle(model: RunModel, run: Any, *, now: datetime) -> bool:
    error = AppError(run.error, code=run.error_code) if run.error_code else None
    return end_run(model, run.pk, run.status, percent=run.progress_percent, error=error, now=now)


def begin_run(model: RunModel, run_id: UUID, *, now: datetime) -> None:
    """Write when a run was begun; begun again after a crash, the first time stands."""
    model.objects.filter(pk=run_id, started_at=None).update(started_at=now)


def hide_run(model: RunModel, run_id: UUID, *, only_cancel: bool, now: datetime) -> None:
    """Hide a run that is over, for good. Raises RunOver where it was only to be cancelled."""
    if only_cancel:
        raise RunOver("This run is over: there is nothing to cancel.")
    model.objects.filter(pk=run_id, deleted_at=None).update(deleted_at=now)
