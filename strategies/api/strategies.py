"""Strategies over HTTP: the sandbox's path and ours are one."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from core.api.permissions import EVERY_ROLE
from core.api.reading import read_body
from strategies.api.filters import StrategyFilter, TradeStrategyFilter
from strategies.api.strategies_serializers import (
    RuleAnswer,
    StrategyAnswer,
    StrategyInput,
    TradeStrategyAnswer,
    TradeStrategyInput,
    strategy_data,
    trade_strategy_data,
)
from strategies.catalogue import find_rule, rule_names
from strategies.models import Strategy, TradeStrategy
from strategies.selectors.instruments import named_instrument
from strategies.selectors.strategies import (
    readable_strategy,
    readable_trade_strategy,
    writable_strategy,
    writable_trade_strategy,
)
from strategies.services.strategies import create_strategy, delete_strategy, replace_strategy
from strategies.services.trade_strategies import create_trade_strategy, delete_trade_strategy, replace_trade_strategy


class StrategyViewSet(viewsets.GenericViewSet):
    """Strategies of who asks; an admin's are everybody's."""

    queryset = Strategy.objects.none()
    serializer_class = StrategyAnswer
    filterset_class = StrategyFilter
    permissions_needed = {
        "read": "strategies.view_strategy",
        "write": "strategies.change_strategy",
        "create": "strategies.add_strategy",
        "destroy": "strategies.delete_strategy",
        "catalogue": EVERY_ROLE,
    }

    @extend_schema(responses=StrategyAnswer(many=True))
    def list(self, request: Request) -> Response:
        strategies = Strategy.objects.living().visible_to(user_of(request))
        page = self.paginate_queryset(self.filter_queryset(strategies)) or []
        return self.get_paginated_response([strategy_data(strategy) for strategy in page])

    @extend_schema(request=StrategyInput, responses={201: StrategyAnswer})
    def create(self, request: Request) -> Response:
        asked = read_body(StrategyInput, request)
        strategy = create_strategy(owner=user_of(request), **asked, now=timezone.now())
        return Response(strategy_data(strategy), status=201)

    @extend_schema(responses=StrategyAnswer)
    def retrieve(self, request: Request, strategy_id: UUID) -> Response:
        return Response(strategy_data(readable_strategy(user_of(request), strategy_id)))

    @extend_schema(request=StrategyInput, responses=StrategyAnswer)
    def update(self, request: Request, strategy_id: UUID) -> Response:
        strategy = writable_strategy(user_of(request), strategy_id)
        replaced = replace_strategy(strategy.pk, **read_body(StrategyInput, request), now=timezone.now())
        return Response(strategy_data(replaced))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, strategy_id: UUID) -> Response:
        delete_strategy(writable_strategy(user_of(request), strategy_id).pk, now=timezone.now())
        return Response(status=204)

    @extend_schema(responses=RuleAnswer(many=True), filters=False)
    def catalogue(self, request: Request) -> Response:
        """Answer with the rules and the JSON Schema of their parameters."""
        page = self.paginate_queryset(rule_names()) or []
        return self.get_paginated_response([_rule_data(name) for name in page])


class TradeStrategyViewSet(viewsets.GenericViewSet):
    """Where the strategies of who asks are traded."""

    queryset = TradeStrategy.objects.none()
    serializer_class = TradeStrategyAnswer
    filterset_class = TradeStrategyFilter
    permissions_needed = {
        "read": "strategies.view_tradestrategy",
        "write": "strategies.change_tradestrategy",
        "create": "strategies.add_tradestrategy",
        "destroy": "strategies.delete_tradestrategy",
    }

    @extend_schema(responses=TradeStrategyAnswer(many=True))
    def list(self, request: Request) -> Response:
        rows = TradeStrategy.objects.living().visible_to(user_of(request)).select_related("strategy", "instrument")
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        return self.get_paginated_response([trade_strategy_data(row) for row in page])

    @extend_schema(request=TradeStrategyInput, responses={201: TradeStrategyAnswer})
    def create(self, request: Request) -> Response:
        row = create_trade_strategy(**_asked_trade(request), now=timezone.now())
        return Response(trade_strategy_data(row), status=201)

    @extend_schema(responses=TradeStrategyAnswer)
    def retrieve(self, request: Request, trade_strategy_id: UUID) -> Response:
        return Response(trade_strategy_data(readable_trade_strategy(user_of(request), trade_strategy_id)))

    @extend_schema(request=TradeStrategyInput, responses=TradeStrategyAnswer)
    def update(self, request: Request, trade_strategy_id: UUID) -> Response:
        row = writable_trade_strategy(user_of(request), trade_strategy_id)
        replaced = replace_trade_strategy(row.pk, **_asked_trade(request), now=timezone.now())
        return Response(trade_strategy_data(replaced))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, trade_strategy_id: UUID) -> Response:
        row = writable_trade_strategy(user_of(request), trade_strategy_id)
        delete_trade_strategy(row.pk, now=timezone.now())
        return Response(status=204)


def _asked_trade(request: Request) -> dict[str, Any]:
    """Return what a body asks for, its strategy one that who asks may change."""
    asked = read_body(TradeStrategyInput, request)
    strategy = writable_strategy(user_of(request), asked["strategy_id"])
    instrument = named_instrument(asked["symbol"], asked.get("category"))
    return {"strategy_id": strategy.pk, "instrument": instrument, "interval": asked["interval"]}


def _rule_data(name: str) -> dict[str, Any]:
    rule = find_rule(name)
    return {"name": rule.name, "title": rule.title, "description": rule.description, "parameters": rule.schema}
