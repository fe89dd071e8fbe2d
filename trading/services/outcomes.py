"""Writes what became of a signal on each account of a batch, in one statement."""

from collections.abc import Sequence
from uuid import UUID

from core.bulk import update_rows
from core.exact import plain
from trading.models import Order, OrderSide, OrderStatus, Outcome, OutcomeStatus, Signal
from trading.services.road import Batch
from trading.tickets import Refusal, Trace

_OUTCOME_OF = {
    OrderStatus.FILLED: OutcomeStatus.FILLED,
    OrderStatus.PARTIALLY_FILLED: OutcomeStatus.PARTIALLY_FILLED,
    OrderStatus.PENDING: OutcomeStatus.PENDING,
    OrderStatus.SUBMITTING: OutcomeStatus.PENDING,
    OrderStatus.REJECTED: OutcomeStatus.REJECTED,
    OrderStatus.UNKNOWN: OutcomeStatus.UNKNOWN,
}
_FIELDS = ["status", "leg", "code", "reason", "quantity", "average_price", "trace", "timings", "updated_at"]


FIRST_LEG_DONE = "The opposite position was closed. "


class OutcomeRecorder:
    """Gathers the outcomes of one pass of one batch: `load` them, settle or expect, then `record` the batch."""

    def __init__(self, signal: Signal, *, leg: int) -> None:
        self._signal = signal
        self._leg = leg
        self._outcomes: dict[UUID, Outcome] = {}
        self._changed: dict[UUID, Outcome] = {}
        self._second_leg: set[UUID] = set()

    def load(self, account_ids: Sequence[UUID]) -> list[UUID]:
        """Return the accounts of the batch whose pass is still to come. They are locked: the answer holds.

        An account whose order was stored is not among them, whatever became of the order: it is not sent again.
        """
        stored = Order.objects.filter(signal=self._signal, leg=self._leg).values("account")
        pending = Outcome.objects.filter(signal=self._signal, status=OutcomeStatus.PENDING, leg=self._leg)
        rows = pending.filter(account__in=list(account_ids)).exclude(account__in=stored)
        self._outcomes = {row.account_id: row for row in rows}
        self._changed.clear()
        self._second_leg.clear()
        return sorted(self._outcomes)

    def settle(self, account_id: UUID, status: OutcomeStatus, code: str, reason: str) -> None:
        """Decide an outcome that needs no order."""
        outcome = self._change(account_id)
        outcome.status, outcome.code = status, code
        outcome.reason = self._with_first_leg(outcome, reason)

    def expect_second_leg(self, account_id: UUID) -> None:
        """Once this pass has closed the position, another opens the new one."""
        self._second_leg.add(account_id)

    def record(self, batch: Batch) -> None:
        """Write the outcomes of a batch's refusals and of the orders that have a receipt."""
        traces = {ticket.client_order_id: ticket.trace for ticket in batch.plan.tickets}
        for refusal in batch.plan.refusals:
            self._refuse(refusal)
        for receipt in batch.receipts:
            order = batch.orders[receipt.account_id, receipt.client_order_id]
            self._take(order, traces[receipt.client_order_id])
        changed, self._changed = list(self._changed.values()), {}
        for outcome in changed:
            outcome.timings = {**outcome.timings, f"leg_{self._leg}": dict(batch.timings)}
            outcome.updated_at = batch.desk.now
        update_rows(Outcome, changed, _FIELDS)

    def _refuse(self, refusal: Refusal) -> None:
        outcome = self._change(refusal.proposal.account_id)
        outcome.status, outcome.code = OutcomeStatus.REJECTED, refusal.code
        outcome.reason = self._with_first_leg(outcome, refusal.reason)
        self._trace(outcome, refusal.trace)

    def _take(self, order: Order, trace: Trace) -> None:
        outcome = self._change(order.account_id)
        self._trace(outcome, trace)
        outcome.quantity = order.filled_quantity
        outcome.average_price = order.average_price
        if order.account_id in self._second_leg and order.status == OrderStatus.FILLED:
            outcome.leg = self._leg + 1
            return
        outcome.status, outcome.code = _outcome_of(order)
        outcome.reason = self._with_first_leg(outcome, order.reject_reason or _told(order))

    def _change(self, account_id: UUID) -> Outcome:
        outcome = self._outcomes[account_id]
        self._changed[account_id] = outcome
        return outcome

    def _trace(self, outcome: Outcome, trace: Trace) -> None:
        outcome.trace = [*outcome.trace, *({"leg": self._leg, **line} for line in trace)]

    def _with_first_leg(self, outcome: Outcome, reason: str) -> str:
        told = f"{FIRST_LEG_DONE}{reason}" if self._leg > 1 else reason
        return told[:300]


def _outcome_of(order: Order) -> tuple[OutcomeStatus, str]:
    """Return status and code: an order that ended with a part filled is partially filled, whatever ended it."""
    status = OrderStatus(order.status)
    if status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
        ended = OutcomeStatus.PARTIALLY_FILLED if order.filled_quantity else OutcomeStatus.REJECTED
        return ended, status.name
    return _OUTCOME_OF[status], order.reject_code


def _told(order: Order) -> str:
    verb = "Bought" if order.side == OrderSide.BUY else "Sold"
    purpose = ", closing the position" if order.reduce_only else ""
    price = plain(order.average_price) or "no price yet"
    return f"{verb} {plain(order.filled_quantity)} {order.instrument.base} at {price}{purpose}."
