"""Signals and outcomes: who asked for what, and what became of it on each account."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Coalesce

from accounts.models import TradingAccount
from core.fields import PriceField, QuantityField
from market.models import Instrument
from trading.models.querysets import OutcomeQuerySet, SignalQuerySet


class SignalSource(models.TextChoices):
    ALERT = "alert"
    STRATEGY = "strategy"
    GROUP_TRADE = "group_trade"


class SignalStatus(models.TextChoices):
    """`rejected` is a refusal of the whole signal; what single accounts refuse stands in their outcomes."""

    PROCESSING = "processing"
    PROCESSED = "processed"
    REJECTED = "rejected"


class PositionSaid(models.TextChoices):
    """Where an alert says that its strategy stands."""

    LONG = "long"
    SHORT = "short"
    FLAT = "flat"


class Signal(models.Model):
    """One intent, sent down the road once. Its id is the correlation id, shared with the delivery that brought it.

    Written by bots and groups through services/signals.py. `intent` holds everything needed to go on after a
    restart; `size` is text in the size grammar. `retry_of` is the first signal of which this one is another try, on
    the accounts that had not traded by then. Where an alert says where its strategy stood before and stands now,
    `position_before` and `position_after` keep that, with sizes in base units where it tells them; `mismatch` is a
    code and its sentence where that does not fit what came before. `fired_at` is the moment that an alert names.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=12, choices=SignalSource)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="signals")
    bot_id = models.UUIDField(null=True, db_index=True)
    group_id = models.UUIDField(null=True, db_index=True)
    instrument = models.ForeignKey(Instrument, null=True, on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=64, blank=True)
    side = models.CharField(max_length=8, blank=True)
    size = models.CharField(max_length=64, blank=True)
    intent = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    status = models.CharField(max_length=12, choices=SignalStatus, default=SignalStatus.PROCESSING)
    code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    success_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    retry_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="retries")
    position_before = models.CharField(max_length=5, choices=PositionSaid, blank=True)
    position_after = models.CharField(max_length=5, choices=PositionSaid, blank=True)
    size_before = QuantityField(null=True)
    size_after = QuantityField(null=True)
    mismatch = models.CharField(max_length=20, blank=True)
    mismatch_reason = models.CharField(max_length=300, blank=True)
    fired_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)

    objects = SignalQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "id"]
        indexes = [
            models.Index(
                fields=["bot_id", "symbol", "-received_at"],
                condition=~models.Q(position_after=""),
                name="signal_said_position",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.side} {self.symbol}".strip()


class OutcomeStatus(models.TextChoices):
    PENDING = "pending"
    FILLED = "filled"
    PARTIALLY_FILLED = "partially_filled"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


SUCCESSES = (OutcomeStatus.FILLED, OutcomeStatus.PARTIALLY_FILLED)
FAILURES = (OutcomeStatus.REJECTED, OutcomeStatus.UNKNOWN)


def counted_again() -> dict[str, Coalesce]:
    """Return what an update of signals sets, so that their counts are those of their outcomes."""
    return {"success_count": _how_many(SUCCESSES), "error_count": _how_many(FAILURES)}


def _how_many(statuses: tuple[OutcomeStatus, ...]) -> Coalesce:
    of_signal = Outcome.objects.filter(signal=models.OuterRef("pk"), status__in=statuses).order_by().values("signal")
    return Coalesce(models.Subquery(of_signal.annotate(many=models.Count("id")).values("many")), 0)


class Outcome(models.Model):
    """What a signal became on one account. Written `pending` with the signal, so that a restart knows who is left.

    `leg` is the pass of the road that comes next, or that ended it (a reversal has two); `opens_next` says, from the
    moment its order is stored, that this pass closes what the next one replaces. `trace` keeps the arithmetic:
    prices, sizes before and after rounding, margin, each check's verdict. `timings` are milliseconds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="outcomes")
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="outcomes")
    status = models.CharField(max_length=16, choices=OutcomeStatus, default=OutcomeStatus.PENDING)
    leg = models.PositiveSmallIntegerField(default=1)
    opens_next = models.BooleanField(default=False)
    code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    quantity = QuantityField(null=True)
    average_price = PriceField(null=True)
    trace = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    timings = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    updated_at = models.DateTimeField()

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        ordering = ["signal", "account"]
        constraints = [models.UniqueConstraint(fields=["signal", "account"], name="one_outcome_per_account")]
        indexes = [
            models.Index(
                fields=["signal"], condition=models.Q(status=OutcomeStatus.PENDING), name="outcome_still_pending"
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip()
