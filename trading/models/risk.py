"""Limits and switches: what may be traded, by whom it is covered, and whether anything may be traded at all."""

import uuid

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from core.fields import MoneyField, RateField
from trading.models.scopes import ScopedRowsQuerySet, ScopeType


class LimitType(models.TextChoices):
    """What a limit measures; notionals and money in quote currency at mid.

    Of each account covered: `position_size` the notional of its position in one instrument, `order_size` that of one
    order, `exposure` that of all its positions, `leverage` what an order asks for, `open_positions` how many there
    are, `order_rate` its orders in one minute. Of the accounts covered together: `daily_loss` what they lost on
    equity since 00:00 UTC, `daily_drawdown` the same in percent, `drawdown` what they lost since their best moment,
    both in percent of what they would have without it. `monthly_target` is no limit but a goal: what they gained since
    the month began (UTC), in percent of what they would have without it; reaching it raises an alert and forbids
    nothing. Deposits and withdrawals are no profit and no loss.
    """

    POSITION_SIZE = "position_size"
    ORDER_SIZE = "order_size"
    EXPOSURE = "exposure"
    LEVERAGE = "leverage"
    DAILY_LOSS = "daily_loss"
    DAILY_DRAWDOWN = "daily_drawdown"
    DRAWDOWN = "drawdown"
    MONTHLY_TARGET = "monthly_target"
    OPEN_POSITIONS = "open_positions"
    ORDER_RATE = "order_rate"


class RiskLimit(models.Model):
    """No account covered may go beyond `limit_value`; the strictest limit wins.

    Where `symbol` is set it measures that instrument only. Thresholds are fractions of the value. `origin` names what
    keeps the row in step ("account" for an account's own max_daily_loss, "group"), empty where a person does. With
    `flatten_on_breach` a breach closes all positions that it covers before it halts.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope_type = models.CharField(max_length=8, choices=ScopeType)
    scope_id = models.UUIDField(null=True, blank=True)
    limit_type = models.CharField(max_length=16, choices=LimitType)
    symbol = models.CharField(max_length=64, blank=True)
    limit_value = MoneyField()
    warning_threshold = RateField(default="0.8")
    critical_threshold = RateField(default="0.95")
    flatten_on_breach = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    origin = models.CharField(max_length=16, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedRowsQuerySet.as_manager()
    history = HistoricalRecords(user_db_constraint=False)

    class Meta:
        ordering = ["scope_type", "created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(limit_value__gt=0), name="limit_value_positive"),
            models.CheckConstraint(
                condition=models.Q(scope_type=ScopeType.SYSTEM, scope_id=None)
                | (~models.Q(scope_type=ScopeType.SYSTEM) & models.Q(scope_id__isnull=False)),
                name="limit_scope_has_id",
            ),
            models.UniqueConstraint(
                fields=["scope_type", "scope_id", "limit_type", "origin"],
                condition=~models.Q(origin=""),
                name="limit_of_an_origin_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_limit_type_display()} {self.limit_value.normalize():f}"


class LimitMark(models.Model):
    """What a loss or a gain is measured from, and the newest measure. Written by the risk monitor.

    All money sums up the accounts covered, signed: `pnl` is equity less what was paid in on balance, `day_pnl`,
    `month_pnl` and `peak_pnl` are its values at the first look of `day` and of its month (UTC), and at its best.
    """

    limit = models.OneToOneField(RiskLimit, primary_key=True, on_delete=models.CASCADE, related_name="mark")
    day = models.DateField()
    day_pnl = MoneyField()
    month_pnl = MoneyField()
    peak_pnl = MoneyField()
    pnl = MoneyField()
    equity = MoneyField()
    measured_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.limit_id} {self.day}"


class SwitchState(models.TextChoices):
    """`reducing` takes only what reduces exposure; `halted` takes only cancels."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Switch(models.Model):
    """The state of one scope; no row means active. Turned by people and by the risk monitor, back by people only.

    `flattening` says that the scope's positions are still being closed before it is halted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope_type = models.CharField(max_length=8, choices=ScopeType)
    scope_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=SwitchState, default=SwitchState.ACTIVE)
    flattening = models.BooleanField(default=False, editable=False)
    reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedRowsQuerySet.as_manager()
    history = HistoricalRecords(user_db_constraint=False)

    class Meta:
        ordering = ["scope_type", "scope_id"]
        verbose_name_plural = "switches"
        constraints = [
            models.UniqueConstraint(fields=["scope_type", "scope_id"], name="one_switch_per_scope"),
            models.UniqueConstraint(
                fields=["scope_type"], condition=models.Q(scope_id=None), name="one_switch_of_the_system"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope_type} {self.state}"
