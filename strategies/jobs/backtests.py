"""The job of a backtest: its candles go to a child process, and what comes back is written once."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers

from core.api.serializers import StrictSerializer
from core.errors import AppError, Missing, Unavailable
from core.jobs.catalogue import Work
from strategies.child.process import ask_child
from strategies.child.request import RESULT
from strategies.jobs.request import handed_over
from strategies.models import RUNS_UNDER_WAY, Backtest, RunStatus
from strategies.services.backtests import store_failure, store_results
from strategies.services.endings import begin_run

# What a job is worth in percent when the child process has done its part; the rest is writing.
_DONE_BY_CHILD = 99.0


class BacktestArgs(StrictSerializer):
    """Which backtest."""

    backtest_id = serializers.UUIDField()


def run_backtest(work: Work) -> Mapping[str, Any]:
    """Run a backtest that waits, from its beginning; one that is over is left alone. Returns how it ended."""
    backtest = _waiting_backtest(work.args["backtest_id"])
    if backtest is None:
        return {"status": "over"}
    begin_run(Backtest, backtest.pk, now=timezone.now())
    percent = _Percent(work)
    try:
        results, arrays = _computed(backtest, percent)
    except Unavailable:
        raise
    except AppError as error:
        store_failure(backtest.pk, work, error, percent=percent.reached, now=timezone.now())
        raise
    store_results(backtest.pk, work, results=results, arrays=arrays, now=timezone.now())
    return {"status": RunStatus.COMPLETED.value}


class _Percent:
    """Tells a job's progress as the child process hears of it, and remembers how far it was."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.reached = 0.0

    def __call__(self, share: float) -> None:
        self.reached = _DONE_BY_CHILD * share
        self._work.report(self.reached)


def _waiting_backtest(backtest_id: UUID) -> Backtest | None:
    """Return a backtest that is to be run, None where it is over. Raises Missing."""
    backtest = Backtest.objects.living().told().select_related("instrument").filter(pk=backtest_id).first()
    if backtest is None:
        raise Missing("There is no such backtest.")
    waits = backtest.status in RUNS_UNDER_WAY  # type: ignore[attr-defined]
    return backtest if waits else None


def _computed(backtest: Backtest, percent: _Percent) -> tuple[dict[str, Any], bytes]:
    with tempfile.TemporaryDirectory(prefix="backtest-") as name:
        folder = Path(name)
        handed = handed_over(backtest, folder, now=timezone.now())
        results = ask_child("backtest", handed.request, folder=folder, heard=percent)
        return {**results, "candles": handed.coverage}, (folder / RESULT).read_bytes()
