"""Limits and switches: what may be traded, by whom it is covered, and whether anything may be traded at all."""

import uuid

from django.db import models

from accounts.models import TradingAccount
from core.fields import MoneyField, RateField


class ScopeType(models.TextChoices):
    """Whom a limit or a switch covers; `system` has no id."""

    SYSTEM = "system"
    USER = "user"
    GROUP = "group"
    BOT = "bot"
    ACCOUNT = "account"


class LimitType(models.TextChoices):
    POSITION_SIZE = "position_size"


class AccountScope(models.Model):
    """`account` is covered by this scope. Written by groups and bots as members come and go.

    The scopes that follow from the account's own row (itself, its owner, the system) have no rows here.
    """

    account = models.ForeignKey(TradingAccount, on_delete=models.CASCADE, related_name="scopes")
    scope_type = models.CharField(max_length=8, choices=ScopeType)
    scope_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "scope_type", "scope_id"], name="account_scope_once")]
        indexes = [models.Index(fields=["scope_type", "scope_id"], name="account_scope_by_scope")]

    def __str__(self) -> str:
        return f"{self.scope_type} {self.scope_id}"


class RiskLimit(models.Model):
    """No account covered may go beyond `limit_value`; the strictest limit wins.

    `position_size` measures the notional of the account's position in an instrument (in `symbol` only where it is
    set), in quote currency. Thresholds are fractions of the value.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope_type = models.CharField(max_length=8, choices=ScopeType)
    scope_id = models.UUIDField(null=True, blank=True)
    limit_type = models.CharField(max_length=16, choices=LimitType)
    symbol = models.CharField(max_length=64, blank=True)
    limit_value = MoneyField()
    warning_threshold = RateField(default="0.8")
    critical_threshold = RateField(default="0.95")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["scope_type", "created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(limit_value__gt=0), name="limit_value_positive"),
            models.CheckConstraint(
                condition=models.Q(scope_type=ScopeType.SYSTEM, scope_id=None)
                | (~models.Q(scope_type=ScopeType.SYSTEM) & models.Q(scope_id__isnull=False)),
                name="limit_scope_has_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.limit_type} {self.limit_value.normalize():f}"


class SwitchState(models.TextChoices):
    """`reducing` takes only what reduces exposure; `halted` takes only cancels."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class Switch(models.Model):
    """The state of one scope; no row means active. Turned by people and by the risk monitor, back by people only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope_type = models.CharField(max_length=8, choices=ScopeType)
    scope_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=SwitchState, default=SwitchState.ACTIVE)
    reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

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
