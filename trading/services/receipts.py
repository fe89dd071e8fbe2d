"""Books what venues say of orders that stand in the database: in transactions of their own, each receipt once."""

import logging
from collections.abc import Sequence
from decimal import localcontext
from functools import partial
from uuid import UUID

from django.db import transaction

from core.clock import Clock
from core.exact import WIDE
from trading.models import Fill, Order
from trading.selectors.desks import load_holdings
from trading.services.apply import apply_receipts
from trading.services.facts import tell
from trading.services.halving import in_halves
from trading.services.outcomes import settle_by_orders
from trading.services.stopwatch import Stopwatch
from trading.tickets import Receipt, ReceiptStatus

logger = logging.getLogger(__name__)

Key = tuple[UUID, str]


def book_receipts(receipts: Sequence[Receipt], *, clock: Clock, watch: Stopwatch) -> dict[Key, Order]:
    """APPLY receipts to their orders, found by account and client order id, and settle the outcomes that wait for them.

    What fails is halved until the receipt that fails is alone, and told as unknown. Raises OperationalError where the
    database is away: the orders stay as they are, and the venue is asked about them later.
    """

    def alone(failed: Receipt, error: Exception) -> dict[Key, Order]:
        if failed.status is ReceiptStatus.UNKNOWN:
            raise error
        account_id, key = failed.account_id, failed.client_order_id
        logger.error("the books of account %s failed on order %s", account_id, key, exc_info=error)
        return _book([_not_booked(failed)], clock=clock, watch=watch)

    booked = in_halves(receipts, partial(_book, clock=clock, watch=watch), alone=alone)
    return {key: order for orders in booked for key, order in orders.items()}


def unanswered(account_id: UUID, client_order_id: str) -> Receipt:
    """Return what is known of an order that was sent and not answered."""
    reason = "The venue gave no answer; it may have the order."
    return Receipt(client_order_id, account_id, ReceiptStatus.UNKNOWN, reject_code="NO_ANSWER", reason=reason)


def _not_booked(receipt: Receipt) -> Receipt:
    """Return only what is ours: anything that the venue said may be what cannot be booked."""
    key, account_id = receipt.client_order_id, receipt.account_id
    reason = "The venue answered, and the desk failed to book it; the log holds why."
    return Receipt(key, account_id, ReceiptStatus.UNKNOWN, reject_code="INTERNAL", reason=reason)


def _book(receipts: Sequence[Receipt], *, clock: Clock, watch: Stopwatch) -> dict[Key, Order]:
    """The accounts are locked anew, and what is booked already is passed over."""
    with localcontext(WIDE), transaction.atomic():
        desk = load_holdings({receipt.account_id for receipt in receipts}, instruments=[], clock=clock)
        orders = _orders(receipts)
        booked = Fill.objects.filter(order__in=[order.pk for order in orders.values()])
        known_fills = frozenset(booked.values_list("account_id", "venue_fill_id"))
        books = apply_receipts(orders, receipts, desk=desk, known_fills=known_fills)
        watch.mark("applied")
        tell(books, settle_by_orders(orders.values(), now=desk.now, timings=watch.marks))
    return orders


def _orders(receipts: Sequence[Receipt]) -> dict[Key, Order]:
    """Return the orders of the receipts. A client order id is unique within its account only."""
    wanted = {(receipt.account_id, receipt.client_order_id) for receipt in receipts}
    found = Order.objects.select_related("instrument").filter(
        account__in={account_id for account_id, _ in wanted},
        client_order_id__in={client_order_id for _, client_order_id in wanted},
    )
    by_key = {(order.account_id, order.client_order_id): order for order in found}
    return {key: by_key[key] for key in by_key.keys() & wanted}
