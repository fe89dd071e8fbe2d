"""What becomes of a signal on each account: decided from orders and rows alone, so that a restart decides the same."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from core.bulk import update_rows
from core.compiled_reads import compiled_read
from core.exact import plain
from trading.models import WORKING, Order, OrderSide, OrderStatus, Outcome, OutcomeStatus, Signal, SignalStatus
from trading.models.signals import counted_again
from trading.services.batch import Batch
from trading.services.facts import tell_of_outcomes
from trading.tickets import Refusal, Trace

_OUTCOME_OF = {
    OrderStatus.FILLED: OutcomeStatus.FILLED,
    OrderStatus.PARTIALLY_FILLED: OutcomeStatus.PARTIALLY_FILLED,
    OrderStatus.PENDING: OutcomeStatus.PENDING,
    OrderStatus.REJECTED: OutcomeStatus.REJECTED,
    OrderStatus.UNKNOWN: OutcomeStatus.UNKNOWN,
}
_OPEN_TO_CHANGE = (OutcomeStatus.PENDING, OutcomeStatus.PARTIALLY_FILLED, OutcomeStatus.UNKNOWN)
_DECIDED_BY_ORDERS = ["status", "leg", "opens_next", "code", "reason", "quantity", "average_price"]

FIRST_LEG_DONE = "The opposite position was closed. "
TOO_LATE_TO_OPEN = " The signal had ended by then: nothing was opened."


class PassOutcomes:
    """The outcomes of one pass of one batch: `load` them, settle or expect, then `record` the batch."""

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
        rows = _still_to_come(self._signal.pk, self._leg, list(account_ids))
        self._outcomes = {row.account_id: row for row in rows}
        for row in self._outcomes.values():
            row.signal = self._signal
        self._changed.clear()
        self._second_leg.clear()
        return sorted(self._outcomes)

    def settle(self, account_id: UUID, status: OutcomeStatus, code: str, reason: str) -> None:
        """Decide an outcome that needs no order."""
        outcome = self._change(account_id)
        outcome.status, outcome.code, outcome.reason = status, code, with_first_leg(self._leg, reason)

    def expect_second_leg(self, account_id: UUID) -> None:
        """Once this pass has closed the position, another opens the new one."""
        self._second_leg.add(account_id)

    def record(self, batch: Batch) -> list[Outcome]:
        """Write with the orders what a restart must know of them, and what is decided already; return the rows."""
        for refusal in batch.plan.refusals:
            self._refuse(refusal)
        for ticket in batch.plan.tickets:
            outcome = self._change(ticket.account.id)
            outcome.opens_next = ticket.account.id in self._second_leg
            self._trace(outcome, ticket.trace)
            _take_order(outcome, batch.orders[ticket.account.id, ticket.client_order_id])
        changed, self._changed = list(self._changed.values()), {}
        for outcome in changed:
            outcome.timings = {**outcome.timings, f"leg_{self._leg}": dict(batch.timings)}
            outcome.updated_at = batch.desk.now
        update_rows(Outcome, changed, [*_DECIDED_BY_ORDERS, "trace", "timings", "updated_at"])
        return changed

    def _refuse(self, refusal: Refusal) -> None:
        self.settle(refusal.proposal.account_id, OutcomeStatus.REJECTED, refusal.code, refusal.reason)
        self._trace(self._change(refusal.proposal.account_id), refusal.trace)

    def _change(self, account_id: UUID) -> Outcome:
        outcome = self._outcomes[account_id]
        self._changed[account_id] = outcome
        return outcome

    def _trace(self, outcome: Outcome, trace: Trace) -> None:
        outcome.trace = [*outcome.trace, *({"leg": self._leg, **line} for line in trace)]


@compiled_read
def _still_to_come(signal_id: UUID, leg: int, account_ids: list[UUID]) -> QuerySet[Outcome]:
    stored = Order.objects.filter(signal=signal_id, leg=leg).values("account")
    pending = Outcome.objects.filter(signal=signal_id, status=OutcomeStatus.PENDING, leg=leg)
    return pending.filter(account__in=account_ids).exclude(account__in=stored)


def settle_by_orders(orders: Iterable[Order], *, now: datetime, timings: Mapping[str, int]) -> list[Outcome]:
    """Move on the outcomes that wait for these orders, or did not know of them; return those, with their signals.

    The accounts are locked by the caller; the signals are locked here, so that none of them ends meanwhile. The
    statements do not grow with the orders.
    """
    by_key = {(order.signal_id, order.account_id, order.leg): order for order in orders if order.signal_id}
    if not by_key:
        return []
    locked = Signal.objects.select_for_update(no_key=True).order_by("pk")
    signals = {signal.pk: signal for signal in locked.filter(pk__in={key[0] for key in by_key})}
    waiting = Outcome.objects.filter(
        signal__in=list(signals), account__in={key[1] for key in by_key}, status__in=_OPEN_TO_CHANGE
    )
    changed = []
    for outcome in waiting:
        order = by_key.get((outcome.signal_id, outcome.account_id, outcome.leg))
        if order is not None:
            outcome.signal = signals[outcome.signal_id]
            _take_order(outcome, order)
            leg = f"leg_{order.leg}"
            outcome.timings = {**outcome.timings, leg: {**outcome.timings.get(leg, {}), **timings}}
            outcome.updated_at = now
            changed.append(outcome)
    update_rows(Outcome, changed, [*_DECIDED_BY_ORDERS, "timings", "updated_at"])
    ended = {outcome.signal_id for outcome in changed if outcome.signal.status == SignalStatus.PROCESSED}
    if ended:
        Signal.objects.filter(pk__in=ended).update(**counted_again())
    return changed


def end_outcomes(failed: QuerySet[Outcome], status: OutcomeStatus, reason: str, *, now: datetime) -> None:
    """End outcomes that the desk itself failed on, and tell it. In the caller's transaction."""
    rows = list(failed.select_related("signal").select_for_update(of=("self",), no_key=True))
    for row in rows:
        row.status, row.code, row.reason = status, "INTERNAL", with_first_leg(row.leg, reason)
        row.updated_at = now
    update_rows(Outcome, rows, ["status", "code", "reason", "updated_at"])
    tell_of_outcomes(rows, now=now)


def _take_order(outcome: Outcome, order: Order) -> None:
    """Let the outcome follow its order. The second leg of a reversal comes once the first has filled, in time."""
    if order.status == OrderStatus.SUBMITTING:
        return
    outcome.quantity, outcome.average_price = order.filled_quantity, order.average_price
    outcome.code, outcome.reason = order.reject_code, with_first_leg(order.leg, told_of_order(order))
    if outcome.opens_next and order.status == OrderStatus.FILLED:
        outcome.opens_next = False
        if outcome.signal.status == SignalStatus.PROCESSING:
            outcome.leg, outcome.code, outcome.reason = order.leg + 1, "", ""
            return
        outcome.reason = f"{outcome.reason}{TOO_LATE_TO_OPEN}"[:300]
    outcome.status, outcome.code = outcome_of(order)


def with_first_leg(leg: int, reason: str) -> str:
    """Return the reason of what became of a leg; of a second one with what the first did."""
    return f"{FIRST_LEG_DONE if leg > 1 else ''}{reason}"[:300]


def outcome_of(order: Order) -> tuple[OutcomeStatus, str]:
    """Return status and code: an order that ended with a part filled is partially filled, whatever ended it."""
    status = OrderStatus(order.status)
    if status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
        ended = OutcomeStatus.PARTIALLY_FILLED if order.filled_quantity else OutcomeStatus.REJECTED
        return ended, status.name
    return _OUTCOME_OF[status], order.reject_code


def told_of_order(order: Order) -> str:
    """Return what an order did, or why it did not, in a sentence."""
    if order.reject_reason:
        return order.reject_reason
    if not order.filled_quantity:
        return _told_of_unfilled(order)
    verb = "Bought" if order.side == OrderSide.BUY else "Sold"
    purpose = ", closing the position" if order.reduce_only else ""
    return f"{verb} {plain(order.filled_quantity)} {order.instrument.base} at {plain(order.average_price)}{purpose}."


def _told_of_unfilled(order: Order) -> str:
    done = "bought" if order.side == OrderSide.BUY else "sold"
    if order.status == OrderStatus.UNKNOWN:
        return f"Whether anything was {done} is not known yet."
    if order.status not in WORKING:
        return f"Nothing was {done}."
    at = f" at {plain(order.own_price)}" if order.own_price is not None else ""
    return f"Waits to {order.side} {plain(order.quantity)} {order.instrument.base}{at}."
