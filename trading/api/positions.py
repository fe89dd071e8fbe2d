"""Positions of an account over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from accounts.selectors.trading_accounts import writable_account
from core.api.idempotency import Hold, idempotent_outside
from core.api.reading import read_body, read_query
from trading.api.placed import held_by, placed, placed_by_now
from trading.api.serializers import CloseInput, ExitsInput, OrderAnswer, PositionAnswer, PositionQuery
from trading.models import Position
from trading.selectors.accounts import account_to_list
from trading.selectors.positions import mark_positions
from trading.services.closing import PositionMissing, close_position
from trading.services.exits import set_exits


class PositionViewSet(viewsets.GenericViewSet):
    """What an account holds, and held."""

    queryset = Position.objects.none()
    serializer_class = PositionAnswer
    permissions_needed = {
        "read": "trading.view_position",
        "write": "trading.change_position",
        "close": "trading.add_order",
    }

    @extend_schema(parameters=[PositionQuery], responses=PositionAnswer(many=True))
    def list(self, request: Request, account_id: UUID) -> Response:
        account = account_to_list(user_of(request), account_id)
        positions = Position.objects.visible_to(user_of(request)).filter(account=account).select_related("instrument")
        is_open = read_query(PositionQuery, request)["is_open"]
        if is_open is not None:
            positions = positions.filter(is_open=is_open)
        page = mark_positions(self.paginate_queryset(positions) or [], now=timezone.now())
        return self.get_paginated_response(PositionAnswer(page, many=True).data)

    @extend_schema(responses=PositionAnswer)
    def retrieve(self, request: Request, account_id: UUID, position_id: UUID) -> Response:
        positions = Position.objects.filter(account=account_id, account__deleted_at=None).select_related("instrument")
        return _marked(rights.readable(positions, user_of(request), position_id, missing=PositionMissing()))

    @extend_schema(request=ExitsInput, responses=PositionAnswer)
    def partial_update(self, request: Request, account_id: UUID, position_id: UUID) -> Response:
        account = writable_account(user_of(request), account_id)
        return _marked(set_exits(account, position_id, exits=read_body(ExitsInput, request), clock=timezone.now))

    @extend_schema(request=CloseInput, responses={201: OrderAnswer})
    @idempotent_outside(placed_by_now)
    def close(self, request: Request, account_id: UUID, *, hold: Hold | None) -> Response:
        account = writable_account(user_of(request), account_id)
        asked = read_body(CloseInput, request)
        return placed(close_position(account, **asked, clock=timezone.now, stored=held_by(hold)))


def _marked(position: Position) -> Response:
    [marked] = mark_positions([position], now=timezone.now())
    return Response(PositionAnswer(marked).data)
