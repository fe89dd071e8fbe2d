"""Orders over HTTP: both doors, one service."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from accounts.models import TradingAccount, User
from accounts.selectors.trading_accounts import writable_account
from core.api.idempotency import Hold, idempotent_outside
from core.api.reading import read_body
from core.errors import AppError, Invalid, Missing
from market.models import Instrument
from market.selectors.instruments import find_instrument, instruments_by_id
from trading.api.filters import OrderFilter
from trading.api.placed import held_by, placed, placed_by_now, readable_order
from trading.api.serializers import CancelAnswer, OrderAnswer, OrderInput
from trading.models import AccountScope, Order, OrderStatus, ScopeType
from trading.selectors.accounts import account_to_list
from trading.services.cancel import cancel_order
from trading.services.orders import OrderRequest, place_order


class AccountRequired(Invalid):
    """Neither an account is named, nor a bot that has exactly one."""

    code = "ACCOUNT_REQUIRED"


class OrderViewSet(viewsets.GenericViewSet):
    """Orders on the accounts of who asks."""

    queryset = Order.objects.none()
    serializer_class = OrderAnswer
    filterset_class = OrderFilter
    permissions_needed = {"read": "trading.view_order", "write": "trading.add_order"}

    @extend_schema(responses=OrderAnswer(many=True))
    def list(self, request: Request, account_id: UUID | None = None) -> Response:
        orders = Order.objects.visible_to(user_of(request)).select_related("instrument")
        if account_id is not None:
            account_to_list(user_of(request), account_id)
            orders = orders.filter(account=account_id)
        page = self.paginate_queryset(self.filter_queryset(orders))
        return self.get_paginated_response(OrderAnswer(page, many=True).data)

    @extend_schema(request=OrderInput, responses={201: OrderAnswer})
    @idempotent_outside(placed_by_now)
    def create(self, request: Request, account_id: UUID | None = None, *, hold: Hold | None) -> Response:
        if account_id is not None:
            writable_account(user_of(request), account_id)
        asked = read_body(OrderInput, request)
        account = _account(user_of(request), asked, account_id)
        stored = held_by(hold)
        with refused_in_its_words(asked):
            return placed(place_order(account, request=_order_request(asked), clock=timezone.now, stored=stored))

    @extend_schema(responses=OrderAnswer)
    def retrieve(self, request: Request, order_id: UUID, account_id: UUID | None = None) -> Response:
        orders = Order.objects.select_related("instrument")
        if account_id is not None:
            orders = orders.filter(account=account_id, account__deleted_at=None)
        return Response(OrderAnswer(readable_order(request, order_id, orders)).data)

    @extend_schema(responses=CancelAnswer)
    def destroy(self, request: Request, order_id: UUID, account_id: UUID | None = None) -> Response:
        orders = Order.objects.all()
        if account_id is not None:
            orders = orders.filter(account=account_id, account__deleted_at=None)
        missing = Missing("There is no such order.")
        order: Order = rights.writable(orders, user_of(request), order_id, missing=missing)
        cancelled = cancel_order(order.id, clock=timezone.now)
        is_cancelled = cancelled.status == OrderStatus.CANCELLED
        message = "Order cancelled successfully" if is_cancelled else f"The order is {cancelled.status}"
        return Response({"message": message, "order_id": str(cancelled.id), "status": cancelled.status})


def _account(user: User, asked: dict[str, Any], from_path: UUID | None) -> TradingAccount:
    """Return the account an order is for: the path's, the body's, or the only one of the body's bot."""
    named = asked.get("account_id")
    if from_path is not None and named not in (None, from_path):
        raise Invalid("It is not the account of the path.", field="account_id")
    account_id: UUID | None = from_path or named
    if account_id is None:
        return writable_account(user, _only_account_of(asked.get("bot_id"), user))
    return writable_account(user, account_id)


def _only_account_of(bot_id: UUID | None, user: User) -> UUID:
    """Return the one account of a bot; a bot of others looks like one that is not there. Raises AccountRequired."""
    covered = list(_covered_by(bot_id)[:2]) if bot_id is not None else []
    if len(covered) != 1 or not TradingAccount.objects.living().visible_to(user).filter(pk__in=covered).exists():
        sentence = "Name the account: only an order of a bot with exactly one account can do without."
        raise AccountRequired(sentence, field="account_id")
    return covered[0]


def _covered_by(bot_id: UUID) -> QuerySet[AccountScope, UUID]:
    covered = AccountScope.objects.filter(scope_type=ScopeType.BOT, scope_id=bot_id)
    return covered.values_list("account", flat=True)


@contextmanager
def refused_in_its_words(asked: dict[str, Any]) -> Iterator[None]:
    """Have a refusal of the quantity name the field that it was sent in."""
    try:
        yield
    except AppError as refused:
        if "quantity" in refused.errors:
            refused.errors[asked["quantity_called"]] = refused.errors.pop("quantity")
        raise


def asked_order(user: User, asked: dict[str, Any]) -> tuple[TradingAccount, OrderRequest]:
    """Return the account that a validated body is for and what it asks for, as POST /orders reads it."""
    return _account(user, asked, None), _order_request(asked)


def _order_request(asked: dict[str, Any]) -> OrderRequest:
    return OrderRequest(
        instrument=_instrument(asked),
        side=asked["side"],
        quantity=asked["quantity"],
        order_type=asked["order_type"],
        price=asked["price"],
        stop_price=asked["stop_price"],
        time_in_force=asked["time_in_force"],
        post_only=asked["post_only"],
        leverage=asked["leverage"],
        reduce_only=asked["reduce_only"],
        stop_loss=asked["stop_loss"],
        take_profit=asked["take_profit"],
        client_order_id=asked["client_order_id"],
        bot_id=asked.get("bot_id"),
    )


def _instrument(asked: dict[str, Any]) -> Instrument:
    if "symbol" in asked:
        return find_instrument(asked["symbol"])
    found = instruments_by_id([asked["instrument_id"]])
    if not found:
        raise Missing("There is no such instrument.")
    return found[asked["instrument_id"]]
