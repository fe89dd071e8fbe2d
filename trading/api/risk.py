"""Risk over HTTP: limits, alerts, and the switches that halt and resume."""

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from accounts.models import Role, User
from core.api.idempotency import idempotent
from core.api.pagination import LimitOffsetPages
from core.api.reading import read_body
from core.api.serializers import NoFields
from core.errors import Invalid, Missing
from market.selectors.instruments import find_instrument
from trading.api.filters import AlertFilter, LimitFilter
from trading.api.risk_serializers import (
    HaltInput,
    LimitAnswer,
    LimitChange,
    LimitInput,
    ResumeInput,
    RiskAlertAnswer,
    SwitchAnswer,
    TurnedAnswer,
    turned_data,
)
from trading.models import RiskAlert, RiskLimit, ScopeType, Switch, SwitchState
from trading.selectors.covered import turned_switches_over
from trading.selectors.scopes import require_writable_scope
from trading.services.risk.alerts import acknowledge_alert
from trading.services.risk.halting import halt_scope, resume_scope
from trading.services.risk.records import LimitMissing, SetByAnother, change_limit, delete_limit, set_limit
from trading.tasks import nudge_flatten


class RiskLimitViewSet(viewsets.GenericViewSet):
    """Limits of who asks, and of their accounts and bots."""

    queryset = RiskLimit.objects.none()
    serializer_class = LimitAnswer
    filterset_class = LimitFilter
    permissions_needed = {
        "read": "trading.view_risklimit",
        "write": "trading.change_risklimit",
        "create": "trading.add_risklimit",
        "destroy": "trading.delete_risklimit",
    }

    @extend_schema(responses=LimitAnswer(many=True))
    def list(self, request: Request) -> Response:
        limits = RiskLimit.objects.visible_to(user_of(request)).order_by("created_at", "id")
        page = self.paginate_queryset(self.filter_queryset(limits))
        return self.get_paginated_response(LimitAnswer(page, many=True).data)

    @extend_schema(request=LimitInput, responses={201: LimitAnswer})
    def create(self, request: Request) -> Response:
        terms = _scoped(user_of(request), _named(read_body(LimitInput, request)))
        limit = set_limit(created_by=user_of(request), **terms)
        return Response(LimitAnswer(limit).data, status=201)

    @extend_schema(responses=LimitAnswer)
    def retrieve(self, request: Request, limit_id: UUID) -> Response:
        limit = rights.readable(RiskLimit.objects.all(), user_of(request), limit_id, missing=LimitMissing())
        return Response(LimitAnswer(limit).data)

    @extend_schema(request=LimitChange, responses=LimitAnswer)
    def partial_update(self, request: Request, limit_id: UUID) -> Response:
        limit = _writable(request, limit_id)
        return Response(LimitAnswer(change_limit(limit.pk, read_body(LimitChange, request))).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, limit_id: UUID) -> Response:
        delete_limit(_writable(request, limit_id).pk, now=timezone.now())
        return Response(status=204)


class AlertPages(LimitOffsetPages):
    """The shape of a list, its rows told once more as `alerts`."""

    def get_paginated_response(self, data: Any) -> Response:
        return Response({**super().get_paginated_response(data).data, "alerts": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole = super().get_paginated_response_schema(schema)
        properties = {**whole["properties"], "alerts": schema}
        return {**whole, "required": [*whole["required"], "alerts"], "properties": properties}


class RiskAlertViewSet(viewsets.GenericViewSet):
    """Alerts of limits and accounts of who asks; those that stand, where nothing else is asked for."""

    queryset = RiskAlert.objects.none()
    serializer_class = RiskAlertAnswer
    filterset_class = AlertFilter
    pagination_class = AlertPages
    permissions_needed = {"read": "trading.view_riskalert", "write": "trading.change_riskalert"}

    @extend_schema(responses=RiskAlertAnswer(many=True))
    def list(self, request: Request) -> Response:
        alerts = RiskAlert.objects.visible_to(user_of(request))
        if "active" not in request.query_params:
            alerts = alerts.standing()
        page = self.paginate_queryset(self.filter_queryset(alerts))
        return self.get_paginated_response(RiskAlertAnswer(page, many=True).data)

    @extend_schema(request=None, responses=RiskAlertAnswer)
    def acknowledge(self, request: Request, alert_id: UUID) -> Response:
        missing = Missing("There is no such alert.")
        alert = rights.writable(RiskAlert.objects.all(), user_of(request), alert_id, missing=missing)
        read_body(NoFields, request)
        seen = acknowledge_alert(alert.pk, by=user_of(request), now=timezone.now())
        return Response(RiskAlertAnswer(seen).data)


class SwitchViewSet(viewsets.GenericViewSet):
    """The kill switch, of everything and of each part."""

    queryset = Switch.objects.none()
    serializer_class = SwitchAnswer
    permissions_needed = {"read": "trading.view_switch", "write": "trading.change_switch"}

    @extend_schema(responses=SwitchAnswer(many=True))
    def list(self, request: Request) -> Response:
        """Answer with what is halted or reducing, and covers who asks or an account that they may see."""
        page = self.paginate_queryset(turned_switches_over(user_of(request)))
        return self.get_paginated_response(SwitchAnswer(page, many=True).data)

    @extend_schema(request=HaltInput, responses=TurnedAnswer)
    @idempotent
    def halt(self, request: Request) -> Response:
        asked = _scope_named(read_body(HaltInput, request))
        require_writable_scope(user_of(request), asked["scope_type"], asked["scope_id"])
        state = SwitchState(asked.pop("state").value)
        halted = halt_scope(**asked, state=state, clock=timezone.now)
        if halted.switch.flattening:
            transaction.on_commit(partial(nudge_flatten, halted.switch.pk), robust=True)
        return Response(turned_data(halted))

    @extend_schema(request=ResumeInput, responses=TurnedAnswer)
    def resume(self, request: Request) -> Response:
        asked = _scope_named(read_body(ResumeInput, request))
        require_writable_scope(user_of(request), asked["scope_type"], asked["scope_id"])
        return Response(turned_data(resume_scope(**asked)))


def _scope_named(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked of a switch with the symbol's id for its name. Raises Invalid for one of another scope."""
    symbol = asked.pop("symbol")
    if symbol and asked["scope_type"] != ScopeType.SYMBOL:
        raise Invalid("A symbol names a scope of type symbol only.", field="symbol")
    if symbol and asked["scope_id"] is None:
        asked["scope_id"] = find_instrument(symbol).pk
    return asked


def _named(terms: dict[str, Any]) -> dict[str, Any]:
    """Return the terms of a limit with its symbol as we spell it; a symbol alone names a symbol's scope."""
    if terms["symbol"]:
        instrument = find_instrument(terms["symbol"])
        terms["symbol"] = instrument.symbol
        if terms["scope_type"] == ScopeType.SYMBOL and terms["scope_id"] is None:
            terms["scope_id"] = instrument.pk
    return terms


def _scoped(user: User, terms: dict[str, Any]) -> dict[str, Any]:
    """Return the terms of a limit with its scope checked: who asks, where another is not named."""
    if terms["scope_type"] == ScopeType.USER and terms["scope_id"] is None:
        terms["scope_id"] = user.pk
    require_writable_scope(user, terms["scope_type"], terms["scope_id"])
    return terms


def _writable(request: Request, limit_id: UUID) -> RiskLimit:
    user = user_of(request)
    limit: RiskLimit = rights.writable(RiskLimit.objects.all(), user, limit_id, missing=LimitMissing())
    if user.role != Role.ADMIN and not limit.origin and limit.created_by_id != user.pk:
        raise SetByAnother
    return limit
