"""Backtests: what is run, how far it is, what came out."""

import uuid
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from accounts.models.reach import ReachQuerySet, Row
from core.models import Job, JobStatus
from market.intervals import Interval
from market.models import Instrument
from strategies.models.strategies import Strategy


class RunStatus(models.TextChoices):
    """Where a backtest or a sweep is, in the words of its job."""

    PENDING = JobStatus.PENDING
    RUNNING = JobStatus.RUNNING
    COMPLETED = JobStatus.COMPLETED
    FAILED = JobStatus.FAILED
    CANCELLED = JobStatus.CANCELLED


RUNS_UNDER_WAY = (RunStatus.PENDING, RunStatus.RUNNING)


class RunQuerySet(ReachQuerySet[Row]):
    """Reads what is run by a job, always from who asks."""

    def rows_of(self, user: User) -> Q:
        return Q(owner=user)

    def living(self) -> Self:
        """Those that are not deleted."""
        return self.filter(deleted_at=None)

    def told(self) -> Self:
        """Add `status`, `progress_percent`, `error_code` and `error`: the row's own once it is over, else its job's.

        A job that is gone without a word of its end was cancelled.
        """
        cancelled = Value(RunStatus.CANCELLED.value)
        return self.annotate(
            status=_own_or("ended", Coalesce("job__status", cancelled), models.CharField()),
            progress_percent=_own_or(
                "ended_percent", Coalesce("job__progress_percent", F("ended_percent")), models.FloatField()
            ),
            error_code=_own_or("ended_code", Coalesce("job__error_code", Value("")), models.CharField()),
            error=_own_or("ended_reason", Coalesce("job__error", Value("")), models.TextField()),
        )


def _own_or(column: str, jobs: Coalesce, kind: models.Field) -> Case:
    """Return the row's own column once it is over, else what its job says."""
    return Case(When(~Q(ended=""), then=F(column)), default=jobs, output_field=kind)


class Run(models.Model):
    """What backtests and sweeps have in common: whose it is, on which candles, the job that runs it, how it ended.

    `rule`, `parameters` and `settings` are what was asked for, whole, whatever becomes of the strategy. While it is
    not over it is where its job is, `RunQuerySet.told` says it; `ended` is written once, with the results if there
    are any, by whoever runs it, or by the clock where the job ended without it. `deleted_at` hides the row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="%(class)ss")
    strategy = models.ForeignKey(Strategy, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)ss")
    rule = models.CharField(max_length=64, db_index=True)
    parameters = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    interval = models.CharField(max_length=3, choices=Interval)
    start = models.DateTimeField(help_text="When the first candle opens.")
    end = models.DateTimeField(help_text="The last candle opens before.")
    settings = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    ended = models.CharField(max_length=9, blank=True, choices=RunStatus, editable=False)
    ended_percent = models.FloatField(default=0, editable=False)
    ended_code = models.CharField(max_length=64, blank=True, editable=False)
    ended_reason = models.TextField(blank=True, editable=False)
    results = models.JSONField(default=dict, encoder=DjangoJSONEncoder, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-created_at", "id"]


class Backtest(Run):
    """One rule with one set of parameters over one span of candles. `results` are its metrics, ratios as fractions."""

    objects = RunQuerySet["Backtest"].as_manager()

    class Meta(Run.Meta):
        abstract = False
        indexes = [models.Index(fields=["owner", "-created_at"], name="backtest_of_owner")]

    def __str__(self) -> str:
        return f"{self.rule} on {self.instrument} {self.interval}"


class BacktestArrays(models.Model):
    """Equity candle by candle and the trades of a finished backtest, as numpy's own file; see backtest/files.py."""

    backtest = models.OneToOneField(Backtest, primary_key=True, on_delete=models.CASCADE, related_name="arrays")
    data = models.BinaryField()

    def __str__(self) -> str:
        return str(self.backtest_id)
