"""Risk alerts: a limit that came near, or was passed."""

import uuid

from django.conf import settings
from django.db import models

from accounts.models import TradingAccount, User
from core.fields import MoneyField
from trading.models.risk import LimitType, RiskLimit
from trading.models.scopes import ScopedRowsQuerySet, ScopeType


class Severity(models.TextChoices):
    """How near a measure came to its limit: the thresholds of the limit, and the limit itself."""

    WARNING = "warning"
    CRITICAL = "critical"
    BREACH = "breach"


class WatchType(models.TextChoices):
    """What is watched without anybody having set a limit, of a bot: its alerts, and its own decisions."""

    POSITION_MISMATCH = "bot_position"
    SILENCE = "bot_silence"
    ALERT_RATE = "alert_rate"
    DECISION = "bot_decision"


# All that an alert may be about.
ALERTED = [*LimitType.choices, *WatchType.choices]


class AlertQuerySet(ScopedRowsQuerySet):
    """Alerts: of the limit's scope, and of the account that was measured."""

    def rows_of(self, user: User) -> models.Q:
        return super().rows_of(user) | models.Q(account__in=TradingAccount.objects.writable_by(user))

    def rows_shown_to(self, user: User) -> models.Q:
        return super().rows_shown_to(user) | models.Q(account__in=TradingAccount.objects.visible_to(user))

    def standing(self) -> "AlertQuerySet":
        """Alerts whose reason still holds."""
        return self.filter(cleared_at=None)

    def of_limits(self) -> "AlertQuerySet":
        """Alerts of a limit, one that is deleted too; the others are those of a WatchType."""
        return self.exclude(limit_type__in=WatchType.values)


class RiskAlert(models.Model):
    """`current_value` reached a threshold of a limit. Raised once, cleared when it is below again; kept as history.

    `account` is the one measured, absent where all that the scope covers was measured together. What the limit said
    then is copied: it may be changed or deleted later. Written by the risk monitor, acknowledged by people. Those of a
    WatchType have no limit: services/risk/watches.py raises and clears them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    limit = models.ForeignKey(RiskLimit, null=True, on_delete=models.SET_NULL, related_name="alerts")
    scope_type = models.CharField(max_length=8, choices=ScopeType)
    scope_id = models.UUIDField(null=True)
    account = models.ForeignKey(TradingAccount, null=True, on_delete=models.CASCADE, related_name="risk_alerts")
    limit_type = models.CharField(max_length=16, choices=ALERTED)
    severity = models.CharField(max_length=8, choices=Severity)
    symbol = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=300)
    current_value = MoneyField()
    limit_value = MoneyField()
    triggered_at = models.DateTimeField(db_index=True)
    cleared_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-triggered_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["limit", "account", "symbol", "severity"],
                condition=models.Q(cleared_at=None, account__isnull=False),
                name="alert_of_an_account_stands_once",
            ),
            models.UniqueConstraint(
                fields=["limit", "severity"],
                condition=models.Q(cleared_at=None, account=None),
                name="alert_of_a_scope_stands_once",
            ),
            models.UniqueConstraint(
                fields=["scope_type", "scope_id", "limit_type", "symbol"],
                condition=models.Q(cleared_at=None, limit_type__in=WatchType.values),
                name="alert_of_a_watch_stands_once",
            ),
        ]

    def __str__(self) -> str:
        return self.alert_type

    @property
    def alert_type(self) -> str:
        """What programs know it by: POSITION_SIZE_WARNING, DRAWDOWN_BREACH …"""
        return f"{self.limit_type}_{self.severity}".upper()
