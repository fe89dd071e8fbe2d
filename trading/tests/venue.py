"""A venue of the tests: answers each ticket as it is told, and remembers all it was ever sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from trading.models import Order
from trading.tickets import Execution, Receipt, ReceiptStatus, Ticket

Answer = Callable[[Ticket], Receipt | None]


def executed(ticket: Ticket, share: str = "1", *, price: str = "50000", number: int = 1) -> Execution:
    """One fill of a share of the ticket, at commission 0.5."""
    quantity = ticket.quantity * Decimal(share)
    return Execution(f"{ticket.client_order_id}-{number}", quantity, Decimal(price), Decimal("0.5"), ticket.quote.at)


def answer(ticket: Ticket, status: ReceiptStatus, *executions: Execution, **facts: str) -> Receipt:
    venue_order_id = f"v-{ticket.client_order_id}"
    return Receipt(
        ticket.client_order_id, ticket.account.id, status, executions, venue_order_id=venue_order_id, **facts
    )


def filled(ticket: Ticket) -> Receipt:
    return answer(ticket, ReceiptStatus.FILLED, executed(ticket))


def half_filled(ticket: Ticket) -> Receipt:
    return answer(ticket, ReceiptStatus.PARTIALLY_FILLED, executed(ticket, "0.5"))


def pending(ticket: Ticket) -> Receipt:
    return answer(ticket, ReceiptStatus.PENDING)


def rejected(ticket: Ticket) -> Receipt:
    return answer(ticket, ReceiptStatus.REJECTED, reject_code="-2010", reason="Account has insufficient balance.")


def unknown(ticket: Ticket) -> Receipt:
    return answer(ticket, ReceiptStatus.UNKNOWN, reason="The connection was cut.")


def overfilled(ticket: Ticket) -> Receipt:
    return answer(ticket, ReceiptStatus.FILLED, executed(ticket, "2"))


def silent(ticket: Ticket) -> None:
    return None


@dataclass
class Venue:
    """`answers` a ticket, or raises it; `watch` is called while the tickets are on their way."""

    answers: Answer = filled
    watch: Callable[[], object] = lambda: None
    raises: BaseException | None = None
    sent: list[str] = field(default_factory=list)
    knows: dict[str, Receipt] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)

    inside_transaction = False

    def place(self, tickets: Sequence[Ticket]) -> list[Receipt]:
        self.sent += [ticket.client_order_id for ticket in tickets]
        self.watch()
        if self.raises:
            raise self.raises
        return [receipt for ticket in tickets if (receipt := self.answers(ticket))]

    def cancel(self, orders: Sequence[Order]) -> list[Receipt]:
        self.cancelled += [order.client_order_id for order in orders]
        if self.raises:
            raise self.raises
        return [self.knows[order.client_order_id] for order in orders if order.client_order_id in self.knows]

    def status_of(self, orders: Sequence[Order]) -> list[Receipt]:
        return [self.knows[order.client_order_id] for order in orders if order.client_order_id in self.knows]
