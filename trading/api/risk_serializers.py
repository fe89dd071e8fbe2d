"""Limits, alerts and switches, in and out. Thresholds are percents here, fractions inside."""

from decimal import Decimal
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import DecimalInput, MoneyInput, PlainDecimal, StrictSerializer, any_case
from core.exact import plain
from trading.models import LimitType, ScopeType, Severity, SwitchState
from trading.models.alerts import ALERTED
from trading.services.risk.halting import Halt

_WARNING, _CRITICAL = Decimal("0.8"), Decimal("0.95")


class PercentInput(DecimalInput):
    """A percentage, more than 0 and at most 100, 8 decimals; a fraction once it is read."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(scale=8, most=Decimal(100), **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        return super().to_internal_value(data) / 100

    def to_representation(self, value: Decimal) -> str | None:
        return plain(value * 100)


@extend_schema_field({"type": "string", "format": "decimal", "example": "80"})
class PlainPercent(PlainDecimal):
    """A fraction, told in percent."""

    def to_representation(self, value: Decimal | None) -> str | None:
        return None if value is None else plain(value * 100)


class LimitInput(StrictSerializer):
    """A limit as asked: of who asks, where no scope is named."""

    limit_type = any_case(LimitType)
    limit_value = MoneyInput()
    scope_type = any_case(ScopeType, default=ScopeType.USER)
    scope_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    symbol = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    warning_threshold = PercentInput(default=_WARNING)
    critical_threshold = PercentInput(default=_CRITICAL)
    flatten_on_breach = serializers.BooleanField(default=False)
    enabled = serializers.BooleanField(default=True)


class LimitChange(StrictSerializer):
    """What may be changed of a limit: not what it measures, nor of whom."""

    limit_value = MoneyInput(required=False)
    warning_threshold = PercentInput(required=False)
    critical_threshold = PercentInput(required=False)
    flatten_on_breach = serializers.BooleanField(required=False)
    enabled = serializers.BooleanField(required=False)


class LimitAnswer(serializers.Serializer):
    """A limit; `user_id` is who set it, `origin` what keeps it in step where nobody did."""

    id = serializers.UUIDField()
    user_id = serializers.UUIDField(source="created_by_id", allow_null=True)
    scope_type = serializers.ChoiceField(choices=ScopeType.choices)
    scope_id = serializers.UUIDField(allow_null=True)
    limit_type = serializers.ChoiceField(choices=LimitType.choices)
    limit_value = PlainDecimal()
    symbol = serializers.CharField()
    warning_threshold = PlainPercent()
    critical_threshold = PlainPercent()
    flatten_on_breach = serializers.BooleanField()
    enabled = serializers.BooleanField()
    origin = serializers.CharField()
    created_at = serializers.DateTimeField()


class RiskAlertAnswer(serializers.Serializer):
    """A risk alert; `account_id` is absent where all accounts of the scope were measured together."""

    id = serializers.UUIDField()
    alert_type = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    message = serializers.CharField()
    current_value = PlainDecimal()
    limit_value = PlainDecimal()
    limit_id = serializers.UUIDField(allow_null=True)
    limit_type = serializers.ChoiceField(choices=ALERTED)
    scope_type = serializers.ChoiceField(choices=ScopeType.choices)
    scope_id = serializers.UUIDField(allow_null=True)
    account_id = serializers.UUIDField(allow_null=True)
    symbol = serializers.CharField()
    triggered_at = serializers.DateTimeField()
    cleared_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.UUIDField(source="acknowledged_by_id", allow_null=True)


class HaltState(models.TextChoices):
    """What a scope may be halted to."""

    REDUCING = "reducing"
    HALTED = "halted"


class ResumeInput(StrictSerializer):
    """The scope whose switch is turned, and why."""

    scope_type = any_case(ScopeType)
    scope_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    symbol = serializers.CharField(
        max_length=64, required=False, allow_blank=True, default="", help_text="Names a symbol's scope, as its id does."
    )
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class HaltInput(ResumeInput):
    """How far it is halted; with `flatten` its positions are closed, and it is halted once it is flat."""

    state = any_case(HaltState, default=HaltState.HALTED)
    flatten = serializers.BooleanField(default=False)


class SwitchAnswer(serializers.Serializer):
    """A switch as it stands."""

    scope_type = serializers.ChoiceField(choices=ScopeType.choices)
    scope_id = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(choices=SwitchState.choices)
    flattening = serializers.BooleanField()
    reason = serializers.CharField()
    changed_at = serializers.DateTimeField()


class TurnedAnswer(SwitchAnswer):
    """A switch as it was turned, and how many working orders were cancelled with it."""

    cancelled_orders = serializers.IntegerField()


def turned_data(turned: Halt) -> dict[str, Any]:
    """Return a switch that was just turned as the API shows it."""
    return {**SwitchAnswer(turned.switch).data, "cancelled_orders": turned.cancelled}
