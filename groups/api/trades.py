"""POST /trading/group/{id}/execute: one trade on every active account of a group. Admins only."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from core.api.idempotency import Hold, idempotent_outside
from core.api.reading import read_body
from groups.api.trades_serializers import GroupTradeAnswer, GroupTradeInput
from groups.models import AccountGroup
from groups.selectors.groups import writable_group
from groups.services.trades import GroupTrade, trade_group
from market.selectors.instruments import find_instrument
from trading.models import Signal
from trading.selectors.results import results_of
from trading.services.abandoned import signal_by_now

TO_TRADE = "groups.change_accountgroup"


def _told_by_now(view: "GroupTradeViewSet", request: Request, signal_id: UUID) -> Response:
    return _told(signal_by_now(signal_id, clock=timezone.now))


class GroupTradeViewSet(viewsets.GenericViewSet):
    """Trades a group as one."""

    queryset = AccountGroup.objects.none()
    serializer_class = GroupTradeAnswer
    permissions_needed = {"write": TO_TRADE}

    @extend_schema(request=GroupTradeInput, responses=GroupTradeAnswer)
    @idempotent_outside(_told_by_now)
    def execute(self, request: Request, group_id: UUID, *, hold: Hold | None) -> Response:
        group = writable_group(user_of(request), group_id)
        trade = group_trade(read_body(GroupTradeInput, request))

        def stored(signal: Signal) -> None:
            if hold is not None:
                hold(signal.id, None)

        return _told(trade_group(group, trade=trade, user=user_of(request), clock=timezone.now, stored=stored))


def group_trade(asked: dict[str, Any]) -> GroupTrade:
    """Return the trade that a validated body asks for. Raises UnknownSymbol."""
    return GroupTrade(
        instrument=find_instrument(asked["symbol"]),
        side=asked["side"].intent_side,
        risk_percentage=asked["risk_percentage"],
        leverage=asked["leverage"],
        stop_loss=asked["stop_loss"],
        take_profit=asked["take_profit"],
    )


def _told(signal: Signal) -> Response:
    signal.results = results_of(signal)  # type: ignore[attr-defined]
    return Response(GroupTradeAnswer(signal).data)
