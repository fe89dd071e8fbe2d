"""A desk that runs ahead of the books: what PLAN reads where one ticket is planned after another."""

from collections import Counter
from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import replace
from uuid import UUID

from accounts.models.trading_accounts import PAPER
from trading.brokers import broker_for
from trading.desk import Desk, rest_of
from trading.models import Order
from trading.services.apply import Books, apply_receipt
from trading.services.order_rows import orders_of
from trading.tickets import Proposal, Ticket


def desk_ahead(desk: Desk, proposals: Iterable[Proposal]) -> Desk:
    """Return the desk to plan these on: `desk` itself where no account is asked twice, else one that may run ahead."""
    asked = Counter(proposal.account_id for proposal in proposals if proposal.account_id in desk.accounts)
    return _copied(desk, asked) if max(asked.values(), default=0) > 1 else desk


def fill_ahead(ticket: Ticket, desk: Desk) -> Order:
    """Move a desk that is nobody else's on as if the ticket were placed on paper, and return the order as it would be.

    What is filled moves positions and money, what rests its margin. Writes nothing.
    """
    books = Books(desk)
    [order] = orders_of([ticket], desk.now).values()
    [receipt] = broker_for(PAPER).place([ticket])
    before = rest_of(order)
    apply_receipt(order, receipt, books)
    desk.move_rest(order, before)
    traded = (ticket.account.id, ticket.proposal.instrument.id)
    desk.orders_lately[traded] = desk.orders_lately.get(traded, 0) + 1
    return order


def _copied(desk: Desk, account_ids: Collection[UUID]) -> Desk:
    """Return a desk with rows of its own for these accounts: what is booked on it leaves `desk` as it is."""
    positions = {
        account_id: {key: copy(position) for key, position in desk.positions[account_id].items()}
        for account_id in account_ids
    }
    working = {account_id: dict(desk.working[account_id]) for account_id in account_ids}
    return replace(
        desk,
        positions={**desk.positions, **positions},
        working={**desk.working, **working},
        orders_lately=dict(desk.orders_lately),
        unposted=dict(desk.unposted),
    )
