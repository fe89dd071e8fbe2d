"""Figures of groups, in and out: ratios of money as percents, drawdown positive."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import MomentInput, Percent, PlainDecimal, any_case
from groups.api.serializers import GroupAnswer
from trading.api.performance_serializers import CurvePoint, MetricsAnswer, SummaryAnswer, TimeRange
from trading.api.risk_serializers import PlainPercent
from trading.models import LimitType, Severity, SwitchState
from trading.selectors.history import Period


class RangeQuery(serializers.Serializer):
    """From when until when; the thirty days until now where nothing is said."""

    start_date = MomentInput(required=False)
    end_date = MomentInput(required=False, end_of_day=True)


class HistoryQuery(RangeQuery):
    """A range, and how it is cut."""

    interval = any_case(Period, default=Period.DAY)


class SumAnswer(serializers.Serializer):
    """Accounts of one money, summed."""

    currency = serializers.CharField()
    accounts = serializers.IntegerField()
    active_accounts = serializers.IntegerField()
    balance = PlainDecimal()
    equity = PlainDecimal()
    margin_used = PlainDecimal()
    margin_available = PlainDecimal()
    net_deposits = PlainDecimal()


class BalanceStatus(SumAnswer):
    """The accounts of the group's own money; those of `other_currencies` are not summed with them."""

    other_currencies = SumAnswer(many=True)


class LimitStateAnswer(serializers.Serializer):
    """One limit of the group, and the monitor's newest measure; null before its first."""

    id = serializers.UUIDField(source="limit.id")
    limit_type = serializers.ChoiceField(source="limit.limit_type", choices=LimitType.choices)
    origin = serializers.CharField(source="limit.origin")
    limit_value = PlainDecimal(source="limit.limit_value")
    warning_threshold = PlainPercent(source="limit.warning_threshold")
    critical_threshold = PlainPercent(source="limit.critical_threshold")
    flatten_on_breach = serializers.BooleanField(source="limit.flatten_on_breach")
    current_value = PlainDecimal(allow_null=True)
    status = serializers.ChoiceField(choices=["ok", *Severity.values], allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)


class RiskAnswer(serializers.Serializer):
    """The group's switch, its limits, its alerts that stand."""

    state = serializers.ChoiceField(choices=SwitchState.choices)
    flattening = serializers.BooleanField()
    reason = serializers.CharField()
    limits = LimitStateAnswer(many=True)
    alerts = serializers.DictField(child=serializers.IntegerField())
    open_positions = serializers.IntegerField()


class StreamHealthAnswer(serializers.Serializer):
    """The streams of the group's accounts."""

    status = serializers.SerializerMethodField()
    streams = serializers.IntegerField()
    streams_told = serializers.IntegerField(source="told")
    messages_waiting = serializers.IntegerField(source="waiting")
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)

    def get_status(self, health: Any) -> str:
        return "ok" if health.is_ok else "degraded"


class GroupPerformance(serializers.Serializer):
    """The metrics of a group's accounts as one, and their equity in at most 500 points."""

    group_id = serializers.UUIDField()
    currency = serializers.CharField()
    accounts = serializers.IntegerField()
    time_range = TimeRange(source="*")
    metrics = MetricsAnswer()
    equity_curve = CurvePoint(many=True)


class StretchAnswer(serializers.Serializer):
    """What was earned in one period; the first and the last may be parts of one."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    equity = PlainDecimal()
    pnl = PlainDecimal()
    paid_in = PlainDecimal()
    total_return = Percent(source="gained", allow_null=True)
    drawdown = Percent(falls=True, allow_null=True)


class PeriodAnswer(serializers.Serializer):
    """The range that was cut."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class GroupEarned(SummaryAnswer):
    """What a group's accounts earned since they were opened, and what they are worth."""

    currency = serializers.CharField()
    equity = PlainDecimal()


class GroupDetail(GroupAnswer):
    """A group with what it earned in short, and how its streams are."""

    performance = GroupEarned()
    websocket_status = StreamHealthAnswer()
