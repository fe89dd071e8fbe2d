"""What multi's doors close: one position of an account, or all that it has going; and what was closed lately."""

import uuid
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from accounts.selectors.trading_accounts import writable_account
from core.api.idempotency import Hold, idempotent_outside
from core.api.reading import read_body, read_query
from core.api.serializers import NoFields
from market.selectors.instruments import find_instrument
from trading.api.closing_serializers import (
    ClosedAnswer,
    ClosedPositionAnswer,
    ClosedQuery,
    CloseHeldInput,
    TerminatedAnswer,
)
from trading.api.placed import held_by, readable_order
from trading.models import Order, OrderStatus, Position
from trading.selectors.accounts import account_to_list
from trading.selectors.positions import closed_positions
from trading.services.closing import close_held
from trading.services.terminate import Termination, terminate, termination_so_far


def _closed_by_now(view: "ClosingViewSet", request: Request, order_id: UUID) -> Response:
    return _closed(readable_order(request, order_id, Order.objects.select_related("instrument")))


def _terminated_by_now(view: "ClosingViewSet", request: Request, run_id: UUID) -> Response:
    return _terminated(termination_so_far(run_id, view.kwargs["account_id"]))


class ClosingViewSet(viewsets.GenericViewSet):
    """Closes what accounts hold."""

    queryset = Position.objects.none()
    serializer_class = ClosedPositionAnswer
    bare_lists = ("closed",)
    permissions_needed = {"read": "trading.view_position", "write": "trading.add_order"}

    @extend_schema(parameters=[ClosedQuery], responses=ClosedPositionAnswer(many=True))
    def closed(self, request: Request, account_id: UUID) -> Response:
        account = account_to_list(user_of(request), account_id)
        visible = Position.objects.visible_to(user_of(request)).filter(account=account)
        rows = closed_positions(visible, limit=read_query(ClosedQuery, request)["limit"])
        return Response(ClosedPositionAnswer(rows, many=True).data)

    @extend_schema(request=CloseHeldInput, responses=ClosedAnswer)
    @idempotent_outside(_closed_by_now)
    def close(self, request: Request, account_id: UUID, *, hold: Hold | None) -> Response:
        account = writable_account(user_of(request), account_id)
        instrument = find_instrument(read_body(CloseHeldInput, request)["symbol"])
        stored = held_by(hold, _closed)
        return _closed(close_held(account, instrument=instrument, clock=timezone.now, stored=stored))

    @extend_schema(request=NoFields, responses=TerminatedAnswer)
    @idempotent_outside(_terminated_by_now)
    def terminate(self, request: Request, account_id: UUID, *, hold: Hold | None) -> Response:
        account, run_id = writable_account(user_of(request), account_id), uuid.uuid4()
        read_body(NoFields, request)

        def stored(termination: Termination) -> None:
            if hold is not None:
                hold(run_id, None if _is_under_way(termination) else _terminated(termination))

        return _terminated(terminate(account, run_id=run_id, clock=timezone.now, stored=stored))


def _is_under_way(termination: Termination) -> bool:
    return any(each.order is not None and each.order.status == OrderStatus.SUBMITTING for each in termination.errors)


def _closed(order: Order) -> Response:
    is_closed = order.status == OrderStatus.FILLED
    message = "Position closed" if is_closed else f"The closing order is {order.status}."
    facts: dict[str, Any] = {"symbol": order.instrument.symbol, "order": order}
    return Response(ClosedAnswer({"success": is_closed, "message": message, **facts}).data)


def _terminated(termination: Termination) -> Response:
    return Response(TerminatedAnswer(termination).data)
