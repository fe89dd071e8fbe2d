"""The paper broker: fills orders at the terms that PLAN found in the engine on its quote, or lets them rest."""

from collections.abc import Sequence
from decimal import Decimal

from trading.models import Order, TimeInForce
from trading.tickets import Execution, Receipt, ReceiptStatus, Ticket


class PaperBroker:
    """Touches no network and keeps no state: the same ticket always gets the same receipt.

    What rests is filled by services/matching.py as quotes arrive.
    """

    inside_transaction = True

    def place(self, tickets: Sequence[Ticket]) -> list[Receipt]:
        return [_placed(ticket) for ticket in tickets]

    def cancel(self, orders: Sequence[Order]) -> list[Receipt]:
        return [Receipt(order.client_order_id, order.account_id, ReceiptStatus.CANCELLED) for order in orders]

    def status_of(self, orders: Sequence[Order]) -> list[Receipt]:
        """Nothing: an order stands in the database as far as it got, or not at all."""
        return []


def status_after(*, quantity: Decimal, filled: Decimal, time_in_force: str) -> ReceiptStatus:
    """Return where an order is once a quote has filled `filled` of its `quantity` in all: ioc and fok do not wait."""
    if filled == quantity:
        return ReceiptStatus.FILLED
    if time_in_force != TimeInForce.GTC:
        return ReceiptStatus.EXPIRED
    return ReceiptStatus.PARTIALLY_FILLED if filled else ReceiptStatus.PENDING


def _placed(ticket: Ticket) -> Receipt:
    proposal = ticket.proposal
    whole_or_nothing = proposal.time_in_force == TimeInForce.FOK
    filled = Decimal(0) if whole_or_nothing and ticket.at_once < ticket.quantity else ticket.at_once
    if proposal.stop_price is None:
        status = status_after(quantity=ticket.quantity, filled=filled, time_in_force=proposal.time_in_force)
    else:
        status = ReceiptStatus.PENDING  # ioc and fok begin to count once the stop is reached
    return Receipt(
        proposal.client_order_id,
        ticket.account.id,
        status,
        (_execution(ticket, filled),) if filled else (),
        venue_order_id=f"paper-{proposal.client_order_id}",
    )


def _execution(ticket: Ticket, filled: Decimal) -> Execution:
    terms = ticket.terms_at_once
    return Execution(f"{ticket.client_order_id}-1", filled, terms.price, terms.commission, ticket.quote.at)
