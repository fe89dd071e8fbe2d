"""The one road: PLAN ► STORE ► PLACE ► APPLY for a batch of accounts. Everything that trades goes down it."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import localcontext
from uuid import UUID

from django.db import transaction

from core.bulk import insert_rows
from core.clock import Clock
from core.exact import WIDE
from market.models import Instrument
from market.services.quotes import refresh_quotes
from trading.brokers.base import Broker
from trading.models import Order
from trading.selectors.desks import load_desk
from trading.services.apply import Books, apply_receipts
from trading.services.batch import Batch, Propose, Record
from trading.services.facts import tell
from trading.services.order_rows import orders_of
from trading.services.plan import make_plan
from trading.services.receipts import book_receipts, unanswered
from trading.services.stopwatch import Stopwatch
from trading.tickets import Receipt, Ticket

logger = logging.getLogger(__name__)

LARGEST_BATCH = 500


def batches(account_ids: Sequence[UUID]) -> Iterator[list[UUID]]:
    """Cut accounts into as many as one transaction takes, LARGEST_BATCH, in their order."""
    return (list(account_ids[start : start + LARGEST_BATCH]) for start in range(0, len(account_ids), LARGEST_BATCH))


def walk(
    account_ids: Collection[UUID],
    *,
    instruments: Iterable[Instrument],
    broker: Broker,
    propose: Propose,
    record: Record,
    clock: Clock,
) -> Batch:
    """Trade what `propose` wants of the locked desk; `record` writes what a restart must know, in the same transaction.

    For a broker that talks to a venue, orders are committed as `submitting` before it is called, and what it says is
    booked in a transaction of its own: in parts, where the books of an account fail. At most LARGEST_BATCH accounts.
    A market whose prices nobody watches is asked for its price first.
    """
    watch = Stopwatch()
    instruments = list(instruments)
    refresh_quotes(instruments, clock=clock)
    with localcontext(WIDE):
        with transaction.atomic():
            desk = load_desk(account_ids, instruments=instruments, clock=clock)
            plan = make_plan(propose(desk), desk)
            watch.mark("planned")
            batch = Batch(desk, plan, orders_of(plan.tickets, desk.now), timings=watch.marks)
            books = _place_at_once(batch, broker, watch) if broker.inside_transaction else _store(batch, watch)
            tell(books, record(batch))
        if not broker.inside_transaction and plan.tickets:
            receipts = _sent(plan.tickets, broker)
            watch.mark("placed")
            batch.orders |= book_receipts(receipts, clock=clock, watch=watch)
    return batch


def _place_at_once(batch: Batch, broker: Broker, watch: Stopwatch) -> Books:
    """Let a broker of ours fill the orders before they are written: each row is written once, in its last state."""
    receipts = broker.place(batch.plan.tickets)
    watch.mark("placed")
    books = apply_receipts(batch.orders, receipts, desk=batch.desk)
    watch.mark("applied")
    return books


def _store(batch: Batch, watch: Stopwatch) -> Books:
    orders = list(batch.orders.values())
    insert_rows(Order, orders)
    watch.mark("stored")
    return Books(batch.desk, orders={order.pk: order for order in orders})


def _sent(tickets: Sequence[Ticket], broker: Broker) -> list[Receipt]:
    """Send each ticket, once, and return one receipt per ticket: whatever is not answered is unknown."""
    try:
        given = {(receipt.account_id, receipt.client_order_id): receipt for receipt in broker.place(tickets)}
    except Exception:
        logger.exception("the broker failed on a batch of %d orders", len(tickets))
        given = {}
    keys = [(ticket.account.id, ticket.client_order_id) for ticket in tickets]
    if given.keys() - set(keys):
        logger.error("the broker answered for %d orders that it was not given", len(given.keys() - set(keys)))
    return [given.get(key) or unanswered(*key) for key in keys]
