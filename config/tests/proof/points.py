"""The named points: where a process of the desk is made to die, and which process passes there."""

from dataclasses import dataclass

from config.tests.proof.doses import POINTS


@dataclass(frozen=True, slots=True)
class Point:
    """`dies_at` is what dying.py reads. Alerts go to one bot of four accounts, in batches of two."""

    name: str
    dies_at: str
    process: str = "worker"


_INBOX = (
    Point("before the delivery is stored", "after webhooks.services.inbox._first 1", "web"),
    Point("once the delivery is stored", "after webhooks.api.views.take 1", "web"),
    Point("before the nudge", "before webhooks.api.views.nudge 1", "web"),
    Point("after the nudge", "after webhooks.api.views.nudge 1", "web"),
    Point("before the delivery is claimed", "before webhooks.services.handling._claim 1"),
    Point("once the delivery is claimed", "after webhooks.services.handling._claim 1"),
    Point("in the transaction that opens the signal", "after bots.services.alerts.open_signal 1"),
    Point("once the signal is opened", "after webhooks.services.handling.signal_from_alert 1"),
    Point("before the signal is closed", "before trading.services.signals._finish 1"),
    Point("in the transaction that closes the signal", "after trading.services.signals.tell_of_signal 2"),
    Point("once the signal is closed", "after webhooks.services.handling.run_signal 1"),
    Point("before the delivery is ended", "before webhooks.services.handling._end 1"),
    Point("once the delivery is ended", "after webhooks.services.handling._end 1"),
    Point("before the second delivery is claimed", "before webhooks.services.handling._claim 2"),
)
_PAPER_ROAD = (
    Point("once the accounts are locked", "after trading.services.road.load_desk 1"),
    Point("once the plan is made", "after trading.services.road.make_plan 1"),
    Point("once the fills are written", "after trading.services.road.apply_receipts 1"),
    Point("once the ledger is written", "after trading.services.apply.post_entries 1"),
    Point("before the road is committed", "after trading.services.road.tell 1"),
    Point("between batches", "after trading.services.signals.run_pass 1"),
    Point("between the legs of a reversal", "before trading.services.signals.run_pass 5"),
    Point("in the second leg of a reversal", "after trading.services.road.apply_receipts 5"),
    Point("between the batches of the second leg", "after trading.services.signals.run_pass 5"),
)
_DECIDING = (
    Point("before a decision is written", "before bots.services.deciding.send_decision 1"),
    Point("in its transaction, before its signal", "before bots.services.decisions.signal_from_alert 1"),
    Point("in its transaction, after its signal", "after bots.services.decisions.signal_from_alert 1"),
    Point("once a decision is written", "after bots.services.deciding.send_decision 1"),
    Point("before the decisions of another bot", "before bots.services.deciding.send_decision 2"),
    Point("once a decision is claimed", "after bots.services.decisions._claim 1"),
    Point("between batches of its signal", "after trading.services.signals.run_pass 1"),
    Point("once its signal is closed", "after bots.services.decisions.run_signal 1"),
    Point("once it is settled", "after bots.services.decisions._settle 1"),
)
_BROKER = "config.tests.proof.venue_broker.VenueBroker"
_VENUE_ROAD = (
    Point("before STORE is committed", "after trading.services.road._store 1"),
    Point("once STORE is committed", f"before {_BROKER}.place 1"),
    Point("before the second order is sent", f"before {_BROKER}.place_one 2"),
    Point("once the second order is sent", f"after {_BROKER}.place_one 2"),
    Point("while an order is on the wire", f"after {_BROKER}.send 1"),
    Point("once the venue has answered", f"after {_BROKER}.place 1"),
    Point("before APPLY", "before trading.services.road.book_receipts 1"),
    Point("in APPLY, before it is committed", "after trading.services.receipts.tell 1"),
    Point("once APPLY is committed", "after trading.services.road.book_receipts 1"),
    Point("between batches at the venue", "after trading.services.signals.run_pass 1"),
    Point("between the legs of a reversal at the venue", "before trading.services.signals.run_pass 5"),
    Point("in the second leg at the venue", f"after {_BROKER}.place 5"),
)
_ONE_ORDER_NOT_SENT = (
    Point("once the key is held", "after core.idempotency.Claim.hold 1", "web"),
    Point("before the order is sent", f"before {_BROKER}.place 1", "web"),
)
_ONE_ORDER_SENT = (
    Point("once the order is sent", f"after {_BROKER}.place 1", "web"),
    Point("before APPLY of one order", "before trading.services.road.book_receipts 1", "web"),
    Point("once APPLY of one order is committed", "after trading.services.road.book_receipts 1", "web"),
    Point("before the answer is kept", "before core.idempotency.Claim.finish 1", "web"),
    Point("once the answer is kept", "after core.idempotency.Claim.finish 1", "web"),
)
_MOVE = (
    Point("before the key is looked for", "before core.api.idempotency.find_claim 1", "web"),
    Point("once the money is moved", "before core.idempotency.Claim.finish 1", "web"),
    Point("once the key is claimed", "after core.idempotency.Claim.finish 1", "web"),
    Point("once the move is committed", "after core.api.idempotency._answered 1", "web"),
)


def _dose(*points: Point) -> tuple[Point, ...]:
    """Return every PROOF_POINTS-th of them, one at least."""
    return points[min(POINTS // 2, len(points) - 1) :: POINTS]


PAPER_POINTS = _dose(*_INBOX, *_PAPER_ROAD)
DECIDING_POINTS = _dose(*_DECIDING)
VENUE_POINTS = _dose(*_INBOX, *_VENUE_ROAD)
MOVE_POINTS = _dose(*_MOVE)
ORDER_POINTS = _dose(*_ONE_ORDER_NOT_SENT, *_ONE_ORDER_SENT)
SENT_NOT_BOOKED = Point("before APPLY", "before trading.services.road.book_receipts 1")
SECOND_DEATHS = _dose(
    Point("before the venue is asked of what was left", f"before {_BROKER}.status_of 1"),
    Point("once the venue has told of what was left", f"after {_BROKER}.status_of 1"),
    Point("before what was left is booked", "before trading.services.left_behind.book_receipts 1"),
    Point("once what was left is booked", "after trading.services.left_behind.book_receipts 1"),
)
HANGS = _dose(
    Point("with the accounts locked", "after trading.services.road.load_desk 1"),
    Point("once STORE is committed", f"before {_BROKER}.place 1"),
    Point("while an order is on the wire", f"after {_BROKER}.send 1"),
    Point("before APPLY", "before trading.services.road.book_receipts 1"),
    Point("in APPLY, before it is committed", "after trading.services.receipts.tell 1"),
    Point("before the signal is closed", "before trading.services.signals._finish 1"),
)


def name_of(point: Point) -> str:
    return point.name
