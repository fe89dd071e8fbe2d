"""GET /groups/{id}/performance, /metrics and /history: what a group is worth and earned, its accounts as one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from accounts.facts import told_at
from core.api.answers import told, told_schema
from core.api.reading import read_query
from core.errors import Invalid
from groups.api.figures_serializers import (
    BalanceStatus,
    GroupPerformance,
    HistoryQuery,
    PeriodAnswer,
    RangeQuery,
    RiskAnswer,
    StreamHealthAnswer,
    StretchAnswer,
    SumAnswer,
)
from groups.models import AccountGroup
from groups.selectors.figures import figures_of_group
from groups.selectors.groups import readable_group
from groups.selectors.money import members_of, money_of
from trading.selectors.history import Period, history_of
from trading.selectors.together import performance_together, samples_together

USUAL_RANGE = timedelta(days=30)
LONGEST_RANGE = timedelta(days=3660)
# Nothing is before the year 1.
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)

PERFORMANCE_SCHEMA = told_schema("GroupPerformanceTold", performance=GroupPerformance())
METRICS_SCHEMA = told_schema(
    "GroupMetricsTold",
    risk_metrics=RiskAnswer(),
    websocket_health=StreamHealthAnswer(),
    balance_status=BalanceStatus(),
    timestamp=serializers.DateTimeField(),
)
HISTORY_SCHEMA = told_schema(
    "GroupHistoryTold",
    history=StretchAnswer(many=True),
    interval=serializers.ChoiceField(choices=Period.choices),
    period=PeriodAnswer(),
    currency=serializers.CharField(),
)


class GroupFiguresViewSet(viewsets.GenericViewSet):
    """What a group's accounts are together, for who may read the group."""

    queryset = AccountGroup.objects.none()
    serializer_class = GroupPerformance
    permissions_needed = {"read": "groups.view_accountgroup"}

    @extend_schema(parameters=[RangeQuery], responses=PERFORMANCE_SCHEMA)
    def performance(self, request: Request, group_id: UUID) -> Response:
        group, now = readable_group(user_of(request), group_id), timezone.now()
        start, end = _range(read_query(RangeQuery, request), now)
        money = money_of(members_of(group))
        members = members_of(group).filter(currency__in=money.codes)
        found = performance_together(members, start=start, end=end, now=now)
        facts = {"group_id": group.id, "currency": money.currency, "accounts": members.count()}
        measured = {"start": start, "end": end, "metrics": found.metrics, "equity_curve": found.equity_curve}
        return told("Performance data retrieved", {"performance": GroupPerformance({**facts, **measured}).data})

    @extend_schema(responses=METRICS_SCHEMA)
    def metrics(self, request: Request, group_id: UUID) -> Response:
        group, now = readable_group(user_of(request), group_id), timezone.now()
        figures = figures_of_group(group, now=now)
        own, *others = (SumAnswer(each).data for each in figures.sums)
        data = {
            "risk_metrics": RiskAnswer(figures.risk).data,
            "websocket_health": StreamHealthAnswer(figures.streams).data,
            "balance_status": {**own, "other_currencies": others},
            "timestamp": told_at(now),
        }
        return told("Group metrics retrieved", data)

    @extend_schema(parameters=[HistoryQuery], responses=HISTORY_SCHEMA)
    def history(self, request: Request, group_id: UUID) -> Response:
        group, now = readable_group(user_of(request), group_id), timezone.now()
        asked = read_query(HistoryQuery, request)
        start, end = _range(asked, now)
        money = money_of(members_of(group))
        members = members_of(group).filter(currency__in=money.codes)
        samples = samples_together(members, start=start, end=end, now=now)
        data = {
            "history": StretchAnswer(history_of(samples, asked["interval"]), many=True).data,
            "interval": asked["interval"],
            "period": PeriodAnswer({"start": start, "end": end}).data,
            "currency": money.currency,
        }
        return told("Historical data retrieved", data)


def _range(asked: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """Return the range that is asked for. Raises Invalid where it is none, or longer than LONGEST_RANGE."""
    end = asked.get("end_date", now)
    last = min(end, now)
    start = asked.get("start_date", last - min(USUAL_RANGE, last - FIRST_MOMENT))
    sentence = ""
    if start > last:
        sentence = "start_date lies after end_date, or in the future."
    elif end - start > LONGEST_RANGE:
        sentence = f"A range has at most {LONGEST_RANGE.days} days."
    if sentence:
        raise Invalid(sentence, field="start_date")
    return start, end
