"""Cancels orders at work, many accounts at once; what was filled meanwhile is booked."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import localcontext
from itertools import groupby
from uuid import UUID

from django.db import transaction

from core.clock import Clock
from core.errors import Conflict
from core.exact import WIDE
from trading.brokers import broker_for
from trading.brokers.base import Broker
from trading.models import WORKING, Order
from trading.selectors.desks import load_holdings
from trading.services.apply import apply_receipts
from trading.services.facts import tell
from trading.services.outcomes import settle_by_orders
from trading.services.receipts import book_receipts
from trading.services.stopwatch import Stopwatch
from trading.tickets import Receipt

logger = logging.getLogger(__name__)


class NotWorking(Conflict):
    """The order is not at work: there is nothing to cancel."""

    code = "ORDER_NOT_WORKING"

    def __init__(self, order: Order) -> None:
        super().__init__(f"The order is {order.status}: there is nothing to cancel.")
        self.order_id = order.id


def cancel_order(order_id: UUID, *, clock: Clock) -> Order:
    """Cancel one order and return it as it stands then: filled, where its venue was quicker. Raises NotWorking."""
    cancelled = {order.id: order for order in cancel_orders([order_id], reason="", clock=clock)}
    if order_id not in cancelled:
        raise NotWorking(Order.objects.get(pk=order_id))
    return cancelled[order_id]


def cancel_orders(order_ids: Collection[UUID], *, reason: str, clock: Clock) -> list[Order]:
    """Cancel those of the orders that are at work; return these as they stand then. `reason` is kept with them.

    The statements do not grow with the orders. An order at a venue is marked before its venue is asked, and stays at
    work where that does not answer.
    """
    found = Order.objects.filter(pk__in=list(order_ids), status__in=WORKING)
    venues = found.order_by("account__exchange").values_list("account__exchange", "pk")
    cancelled: list[Order] = []
    for exchange, rows in groupby(venues, key=lambda row: row[0]):
        broker, ids = broker_for(exchange), [pk for _, pk in rows]
        at_once = broker.inside_transaction
        cancelled += (_cancel_here if at_once else _cancel_there)(ids, broker, reason=reason, clock=clock)
    return cancelled


def _cancel_here(order_ids: Sequence[UUID], broker: Broker, *, reason: str, clock: Clock) -> list[Order]:
    with localcontext(WIDE), transaction.atomic():
        accounts = Order.objects.filter(pk__in=order_ids).order_by().values_list("account", flat=True).distinct()
        desk = load_holdings(list(accounts), instruments=[], clock=clock)
        orders = _at_work(order_ids)
        by_key = {(order.account_id, order.client_order_id): order for order in orders}
        receipts = [_because(reason, receipt) for receipt in broker.cancel(orders)]
        books = apply_receipts(by_key, receipts, desk=desk)
        tell(books, settle_by_orders(orders, now=desk.now, timings={}))
    return orders


def _cancel_there(order_ids: Sequence[UUID], broker: Broker, *, reason: str, clock: Clock) -> list[Order]:
    Order.objects.filter(pk__in=order_ids, status__in=WORKING).update(cancel_requested_at=clock())
    orders = _at_work(order_ids)
    try:
        receipts = [_because(reason, receipt) for receipt in broker.cancel(orders)]
    except Exception:
        logger.exception("the broker failed to cancel %d orders", len(orders))
        receipts = []
    told = book_receipts(receipts, clock=clock, watch=Stopwatch()) if receipts else {}
    return [told.get((order.account_id, order.client_order_id), order) for order in orders]


def _at_work(order_ids: Sequence[UUID]) -> list[Order]:
    found = Order.objects.filter(pk__in=order_ids, status__in=WORKING)
    return list(found.select_related("instrument").order_by("account", "created_at", "pk"))


def _because(reason: str, receipt: Receipt) -> Receipt:
    """Keep why an order was cancelled, where its venue says nothing of its own."""
    return receipt if receipt.reason or not reason else replace(receipt, reason=reason)
