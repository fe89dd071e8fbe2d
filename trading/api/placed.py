"""How the doors that place one order answer it, and hold their Idempotency-Key while it is on its way."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from core.api.idempotency import Hold
from core.errors import Missing
from trading.api.serializers import OrderAnswer
from trading.models import Order, OrderStatus
from trading.models.querysets import OrderQuerySet

Answer = Callable[[Order], Response]

# One for all: a serializer of so many fields takes longer to make than to use.
_ANSWER = OrderAnswer()


def placed(order: Order) -> Response:
    """Answer with an order that was placed, whatever became of it."""
    return Response(_ANSWER.to_representation(order), status=201)


def placed_by_now(view: Any, request: Request, order_id: UUID) -> Response:
    """Answer for an order whose request died while it was at the venue: what is known of it by now."""
    return placed(readable_order(request, order_id, Order.objects.select_related("instrument")))


def held_by(hold: Hold | None, answer: Answer = placed) -> Callable[[Order], None]:
    """Return what a service calls with the order it stores: it keeps the key, and the answer unless it is still out."""

    def stored(order: Order) -> None:
        if hold is not None:
            hold(order.id, None if order.status == OrderStatus.SUBMITTING else answer(order))

    return stored


def readable_order(request: Request, order_id: UUID, orders: OrderQuerySet) -> Order:
    """Return the one of `orders` that who asks may read. Raises Missing."""
    missing = Missing("There is no such order.")
    order: Order = rights.readable(orders, user_of(request), order_id, missing=missing)
    return order
