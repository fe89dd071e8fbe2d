"""The paper broker: fills market orders at once, at the terms that PLAN found in the engine on its quote."""

from collections.abc import Sequence

from trading.models import Order
from trading.tickets import Execution, Receipt, ReceiptStatus, Ticket


class PaperBroker:
    """Touches no network and keeps no state: the same ticket always gets the same receipt."""

    inside_transaction = True

    def place(self, tickets: Sequence[Ticket]) -> list[Receipt]:
        return [_filled(ticket) for ticket in tickets]

    def status_of(self, orders: Sequence[Order]) -> list[Receipt]:
        """Nothing: an order stands in the database filled, or not at all."""
        return []


def _filled(ticket: Ticket) -> Receipt:
    proposal = ticket.proposal
    execution = Execution(
        f"{proposal.client_order_id}-1",
        ticket.quantity,
        ticket.terms.price,
        ticket.terms.commission,
        ticket.quote.at,
    )
    return Receipt(
        proposal.client_order_id,
        ticket.account.id,
        ReceiptStatus.FILLED,
        (execution,),
        venue_order_id=f"paper-{proposal.client_order_id}",
    )
