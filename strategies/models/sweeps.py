"""Sweeps: one rule with many sets of parameters, ranked."""

from typing import Self

from django.db import models
from django.db.models import Avg, Case, Exists, F, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from core.models import Job, JobStatus
from strategies.models.backtests import Run, RunQuerySet, RunStatus

_WAITS = (JobStatus.PENDING, JobStatus.RUNNING)


class SweepQuerySet(RunQuerySet["Sweep"]):
    """Reads sweeps, always from who asks."""

    def told(self) -> Self:
        """Add `status`, `progress_percent`, `error_code` and `error`: the row's own once it is over, else its parts'.

        One part that failed, or is gone without having been done, is the end of all of them.
        """
        parts = SweepPart.objects.filter(sweep=OuterRef("pk"))
        failed = parts.filter(job__status=JobStatus.FAILED)
        lost = parts.filter(data=None).exclude(job__status__in=_WAITS)
        begun = parts.exclude(data=None, job__status=JobStatus.PENDING)
        share = Case(When(~Q(data=None), then=100.0), default=Coalesce("job__progress_percent", 0.0))
        percent = parts.order_by().values("sweep").annotate(percent=Avg(share)).values("percent")
        return self.annotate(
            status=Case(
                When(~Q(ended=""), then=F("ended")),
                When(Exists(failed), then=Value(RunStatus.FAILED.value)),
                When(Exists(lost), then=Value(RunStatus.CANCELLED.value)),
                When(Exists(begun), then=Value(RunStatus.RUNNING.value)),
                default=Value(RunStatus.PENDING.value),
                output_field=models.CharField(),
            ),
            progress_percent=Case(
                When(~Q(ended=""), then=F("ended_percent")),
                default=Coalesce(Subquery(percent), 0.0),
                output_field=FloatField(),
            ),
            error_code=_own_or_of_part("ended_code", failed, "job__error_code"),
            error=_own_or_of_part("ended_reason", failed, "job__error"),
        )


def _own_or_of_part(column: str, failed: models.QuerySet["SweepPart"], of_job: str) -> Case:
    """Return the row's own column once it is over, else that of the first part that failed."""
    told = Coalesce(Subquery(failed.values(of_job)[:1]), Value(""), output_field=models.TextField())
    return Case(When(~Q(ended=""), then=F(column)), default=told, output_field=models.TextField())


class Sweep(Run):
    """Many runs of one rule over one span of candles, shared out in parts that workers take one by one.

    `parameters` maps each name to the list of its values, or to its bounds where they are drawn at random. `results`
    hold the best runs, the heat map and what became of them out of sample; see sweep/ranking.py. Each part has a job
    of its own, so `job` stays empty; whoever ends the last part writes the results of all.
    """

    runs = models.PositiveIntegerField(help_text="How many sets of parameters it tries.")

    objects = SweepQuerySet.as_manager()

    class Meta(Run.Meta):
        abstract = False
        indexes = [models.Index(fields=["owner", "-created_at"], name="sweep_of_owner")]

    def __str__(self) -> str:
        return f"{self.rule} on {self.instrument} {self.interval}, {self.runs} runs"


class SweepPart(models.Model):
    """Some of a sweep's runs, in the order that the sweep counts them in; `data` is what came out, once it is done."""

    sweep = models.ForeignKey(Sweep, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    first = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    data = models.BinaryField(null=True)

    class Meta:
        ordering = ["sweep", "number"]
        constraints = [models.UniqueConstraint(fields=["sweep", "number"], name="sweep_part_once")]

    def __str__(self) -> str:
        return f"{self.sweep_id} {self.number}"
