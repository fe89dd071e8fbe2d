"""What became of a signal on each account, down to its last ledger line: a fixed number of statements a page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Transfer
from trading.models import Fill, Order, Outcome, OutcomeStatus
from trading.traces import told

_LEADS = {
    OutcomeStatus.FILLED: "It traded.",
    OutcomeStatus.PARTIALLY_FILLED: "It traded in part.",
    OutcomeStatus.REJECTED: "It did not trade, refused with {code}.",
    OutcomeStatus.SKIPPED: "It did not trade, for there was nothing to do ({code}).",
    OutcomeStatus.UNKNOWN: "Whether it traded is not known yet: the venue is being asked.",
}
_AT_WORK = "It has not traded yet: its order is at work."
_NOT_YET = "It has not traded yet: its turn has not come."


@dataclass(frozen=True, slots=True)
class Hop:
    """One step in time: milliseconds since the signal was received, or since its batch began where `of_batch`."""

    name: str
    milliseconds: int
    of_batch: bool = False

    @property
    def signed(self) -> str:
        return f"{self.milliseconds:+d}"


@dataclass(slots=True)
class Flight:
    """One account: its outcome, with orders, fills and ledger rows in the order in which they came to be."""

    outcome: Outcome
    orders: list[Order] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)

    @property
    def answer(self) -> str:
        """Why this account traded, or why it did not, in words."""
        if self.outcome.status == OutcomeStatus.PENDING:
            return _AT_WORK if self.orders else _NOT_YET
        lead = _LEADS[OutcomeStatus(self.outcome.status)].format(code=self.outcome.code or "no code")
        return f"{lead} {self.outcome.reason or 'Why, no row keeps.'}"

    @property
    def arithmetic(self) -> list[tuple[int, str, str]]:
        """Leg, step and sentence of every line that PLAN kept, in order."""
        lines: list[Any] = [line for line in self.outcome.trace if isinstance(line, dict)]
        return [(line.get("leg", 1), str(line.get("step", "")), told(line)) for line in lines]

    def hops(self, received_at: datetime) -> list[Hop]:
        """Return when what was stored, and how long the steps of its batches took."""
        legs = sorted(self.outcome.timings.items())
        steps = [
            Hop(f"{leg.replace('_', ' ')}, {step}", ms, of_batch=True)
            for leg, marks in legs
            for step, ms in sorted(marks.items(), key=lambda mark: mark[1])
        ]
        moments = [(f"order of leg {order.leg} made", order.created_at) for order in self.orders]
        moments += [("executed, by its price", fill.created_at) for fill in self.fills]
        moments.append(("outcome written", self.outcome.updated_at))
        return [*(Hop(name, milliseconds_between(received_at, at)) for name, at in moments), *steps]


def flights_of(outcomes: Sequence[Outcome]) -> list[Flight]:
    """Return what stands behind outcomes of one signal, with accounts loaded: three statements for all of them."""
    flights = {outcome.account_id: Flight(outcome) for outcome in outcomes}
    signals = {outcome.signal_id for outcome in outcomes}
    orders = Order.objects.filter(signal__in=signals, account__in=flights).select_related("instrument")
    for order in orders.order_by("leg", "created_at", "pk"):
        flights[order.account_id].orders.append(order)
    filled = Fill.objects.filter(order__signal__in=signals, account__in=flights)
    fills = list(filled.order_by("created_at", "part", "pk"))
    for fill in fills:
        flights[fill.account_id].fills.append(fill)
    for transfer in _transfers(fills):
        flights[transfer.account_id].transfers.append(transfer)
    return list(flights.values())


def milliseconds_between(start: datetime, end: datetime) -> int:
    """Return the milliseconds from one moment to another, negative where the other came first."""
    return round((end - start).total_seconds() * 1000)


def _transfers(fills: Iterable[Fill]) -> list[Transfer]:
    """Return the ledger rows of fills. A reference is an account's own: another account may have one of that name."""
    wanted: dict[UUID, set[str]] = defaultdict(set)
    for fill in fills:
        wanted[fill.account_id].add(f"fill:{fill.venue_fill_id}")
    references = {reference for of_account in wanted.values() for reference in of_account}
    rows = Transfer.objects.filter(account__in=list(wanted), reference__in=references).order_by("account", "number")
    return [row for row in rows if row.reference in wanted[row.account_id]]
