"""The order rows that tickets become."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.ids import fresh_ids
from core.rows import new_row
from trading.models import Order
from trading.tickets import Ticket


def orders_of(tickets: Sequence[Ticket], now: datetime) -> dict[tuple[UUID, str], Order]:
    """Return an order for each ticket, not stored yet, by account and client order id."""
    keys = fresh_ids()
    return {(ticket.account.id, ticket.client_order_id): _order(ticket, next(keys), now) for ticket in tickets}


def _order(ticket: Ticket, key: UUID, now: datetime) -> Order:
    proposal = ticket.proposal
    order = new_row(
        Order,
        id=key,
        account_id=proposal.account_id,
        instrument_id=proposal.instrument.id,
        signal_id=proposal.signal_id,
        leg=proposal.leg,
        bot_id=proposal.bot_id,
        client_order_id=proposal.client_order_id,
        side=proposal.side,
        order_type=proposal.order_type,
        quantity=ticket.quantity,
        price=proposal.price,
        stop_price=proposal.stop_price,
        stop_loss=ticket.stop_loss,
        take_profit=ticket.take_profit,
        leverage=proposal.leverage,
        time_in_force=proposal.time_in_force,
        reduce_only=proposal.reduce_only,
        post_only=proposal.post_only,
        origin=proposal.origin,
        created_at=now,
        updated_at=now,
    )
    order.instrument = proposal.instrument
    return order
