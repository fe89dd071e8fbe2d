"""Orders that a run before this one stored and may have sent: they are asked for, never sent again."""

import logging
from datetime import datetime
from itertools import groupby

from core.bulk import update_rows
from core.clock import Clock
from trading.brokers import broker_for
from trading.brokers.base import Broker
from trading.models import Order, OrderStatus, Signal
from trading.services.facts import tell_of_orders
from trading.services.receipts import book_receipts, unanswered
from trading.services.stopwatch import Stopwatch
from trading.tickets import Receipt

logger = logging.getLogger(__name__)


def settle_left_behind(signal: Signal, *, clock: Clock) -> None:
    """Book what the venues know of the signal's orders that are still `submitting`; what they do not is unknown."""
    left = Order.objects.filter(signal=signal, status=OrderStatus.SUBMITTING).select_related("account", "instrument")
    in_order = left.order_by("account__exchange", "account")
    for exchange, orders in groupby(in_order, key=lambda order: order.account.exchange):
        book_receipts(_asked(list(orders), broker_for(exchange)), clock=clock, watch=Stopwatch())


def leave_unknown(signal: Signal, reason: str, *, now: datetime) -> None:
    """Mark the signal's orders that are still `submitting` as unknown, asking nobody. In the caller's transaction."""
    left = Order.objects.filter(signal=signal, status=OrderStatus.SUBMITTING).select_related("instrument")
    orders = list(left.select_for_update(of=("self",), no_key=True))
    for order in orders:
        order.status, order.reject_code, order.reject_reason = OrderStatus.UNKNOWN, "INTERNAL", reason
        order.updated_at = now
    update_rows(Order, orders, ["status", "reject_code", "reject_reason", "updated_at"])
    tell_of_orders(orders, now=now)


def _asked(orders: list[Order], broker: Broker) -> list[Receipt]:
    logger.warning("asking the venue of %d orders that an earlier run left behind", len(orders))
    try:
        told = {(receipt.account_id, receipt.client_order_id): receipt for receipt in broker.status_of(orders)}
    except Exception:
        logger.exception("the broker could not tell of %d orders", len(orders))
        told = {}
    keys = [(order.account_id, order.client_order_id) for order in orders]
    return [told.get(key) or unanswered(*key) for key in keys]
