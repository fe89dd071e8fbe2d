"""The one road: PLAN ► STORE ► PLACE ► APPLY for a batch of accounts. Everything that trades goes down it."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import localcontext
from uuid import UUID

from django.db import OperationalError, transaction

from core.bulk import insert_rows
from core.exact import WIDE
from market.models import Instrument
from trading.brokers.base import Broker
from trading.models import Fill, Order, OrderType
from trading.services.apply import apply_receipts
from trading.services.desk import Desk, load_desk
from trading.services.plan import make_plan
from trading.tickets import Plan, Proposal, Receipt, ReceiptStatus, Ticket

logger = logging.getLogger(__name__)

LARGEST_BATCH = 500


@dataclass(slots=True)
class Batch:
    """How far one batch got. `timings` are milliseconds since the batch began, at the end of each step."""

    desk: Desk
    plan: Plan
    orders: dict[tuple[UUID, str], Order]
    receipts: list[Receipt] = field(default_factory=list)
    timings: dict[str, int] = field(default_factory=dict)


Clock = Callable[[], datetime]
Propose = Callable[[Desk], Sequence[Proposal]]
Record = Callable[[Batch], None]


def walk(
    account_ids: Collection[UUID],
    *,
    instruments: Iterable[Instrument],
    broker: Broker,
    propose: Propose,
    record: Record,
    clock: Clock,
) -> Batch:
    """Trade what `propose` wants of the locked desk; `record` writes what came of it, in the same transaction.

    For a broker that talks to a venue, orders are committed as `submitting` before it is called, and `record` is
    called again with the receipts: once, or in parts where the books of an account fail.
    At most LARGEST_BATCH accounts.
    """
    watch = _Stopwatch()
    with localcontext(WIDE):
        with transaction.atomic():
            desk = load_desk(account_ids, instruments=instruments, clock=clock)
            plan = make_plan(propose(desk), desk)
            watch.mark("planned")
            batch = Batch(desk, plan, _store(plan.tickets, desk.now), timings=watch.marks)
            watch.mark("stored")
            if broker.inside_transaction:
                batch.receipts = broker.place(plan.tickets)
                watch.mark("placed")
                apply_receipts(batch.orders, batch.receipts, desk=desk)
                watch.mark("applied")
            record(batch)
        if not broker.inside_transaction and plan.tickets:
            receipts = _sent(plan.tickets, broker)
            watch.mark("placed")
            _apply_or_halve(batch, receipts, _After(record, clock, watch))
    return batch


def _store(tickets: Sequence[Ticket], now: datetime) -> dict[tuple[UUID, str], Order]:
    orders = [_order(ticket, now) for ticket in tickets]
    insert_rows(Order, orders)
    return {(order.account_id, order.client_order_id): order for order in orders}


def _order(ticket: Ticket, now: datetime) -> Order:
    proposal = ticket.proposal
    return Order(
        account_id=proposal.account_id,
        instrument=proposal.instrument,
        signal_id=proposal.signal_id,
        leg=proposal.leg,
        bot_id=proposal.bot_id,
        client_order_id=proposal.client_order_id,
        side=proposal.side,
        order_type=OrderType.MARKET,
        quantity=ticket.quantity,
        stop_loss=ticket.stop_loss,
        take_profit=ticket.take_profit,
        leverage=proposal.leverage,
        reduce_only=proposal.reduce_only,
        created_at=now,
        updated_at=now,
    )


def _sent(tickets: Sequence[Ticket], broker: Broker) -> list[Receipt]:
    """Send each ticket, once, and return one receipt per ticket: whatever is not answered is unknown."""
    try:
        given = {(receipt.account_id, receipt.client_order_id): receipt for receipt in broker.place(tickets)}
    except Exception:
        logger.exception("the broker failed on a batch of %d orders", len(tickets))
        given = {}
    receipts = [given.pop((ticket.account.id, ticket.client_order_id), _unanswered(ticket)) for ticket in tickets]
    if given:
        logger.error("the broker answered for %d orders that it was not given", len(given))
    return receipts


def _unanswered(ticket: Ticket) -> Receipt:
    reason = "The venue gave no answer; it may have the order."
    return Receipt(
        ticket.client_order_id, ticket.account.id, ReceiptStatus.UNKNOWN, reject_code="NO_ANSWER", reason=reason
    )


def _apply_or_halve(batch: Batch, receipts: Sequence[Receipt], after: "_After") -> None:
    """APPLY what the venue says. What fails is halved until the receipt that fails is alone, and told as unknown."""
    try:
        _apply(batch, receipts, after)
    except OperationalError:
        raise  # the database is away: the orders stay `submitting`, the venue is asked about them later
    except Exception:
        if len(receipts) > 1:
            half = len(receipts) // 2
            for part in (receipts[:half], receipts[half:]):
                _apply_or_halve(batch, part, after)
            return
        [failed] = receipts
        if failed.status is ReceiptStatus.UNKNOWN:
            raise
        logger.exception("the books of account %s failed on order %s", failed.account_id, failed.client_order_id)
        reason = "The venue answered, and the desk failed to book it; the log holds why."
        told = replace(failed, status=ReceiptStatus.UNKNOWN, executions=(), reject_code="INTERNAL", reason=reason)
        _apply_or_halve(batch, [told], after)


def _apply(batch: Batch, receipts: Sequence[Receipt], after: "_After") -> None:
    """APPLY in a transaction of its own: the accounts are locked anew, and what is booked already is passed over."""
    keys = [batch.orders[receipt.account_id, receipt.client_order_id].pk for receipt in receipts]
    with transaction.atomic():
        desk = load_desk(
            {receipt.account_id for receipt in receipts},
            instruments=list(batch.desk.instruments.values()),
            clock=after.clock,
        )
        stored = Order.objects.select_related("instrument").filter(pk__in=keys)
        orders = {(order.account_id, order.client_order_id): order for order in stored}
        booked = Fill.objects.filter(order__in=keys).values_list("account_id", "venue_fill_id")
        apply_receipts(orders, receipts, desk=desk, known_fills=frozenset(booked))
        after.watch.mark("applied")
        after.record(Batch(desk, Plan(batch.plan.tickets, []), orders, list(receipts), batch.timings))
    batch.orders |= orders
    batch.receipts += receipts


class _Stopwatch:
    """Milliseconds since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self.marks: dict[str, int] = {}

    def mark(self, step: str) -> None:
        self.marks[step] = round((time.perf_counter() - self._began) * 1000)


@dataclass(frozen=True, slots=True)
class _After:
    """What the applying of a venue's receipts needs: who records it, the clock, the stopwatch of the batch."""

    record: Record
    clock: Clock
    watch: _Stopwatch
