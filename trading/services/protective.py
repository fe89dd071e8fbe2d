"""Places the orders that protect an account, exits and close-outs, on a desk that is locked already."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from accounts.models.trading_accounts import PAPER
from trading.brokers import broker_for
from trading.desk import Desk
from trading.models import Fill
from trading.services.apply import Books, apply_receipt
from trading.services.order_rows import orders_of
from trading.services.plan import make_plan
from trading.tickets import Proposal

logger = logging.getLogger(__name__)


def place_protective(books: Books, proposals: Sequence[Proposal]) -> None:
    """Plan proposals of paper accounts and take what the broker says of them into the books; nothing is written yet.

    Each is in the name of the bot that opened the position. One that is refused is logged, and tried at the next price.
    """
    if not proposals:
        return
    plan = make_plan(_in_their_bots_name(proposals, books.desk), books.desk)
    for refusal in plan.refusals:
        logger.warning("account %s cannot be protected now: %s", refusal.proposal.account_id, refusal.reason)
    orders = orders_of(plan.tickets, books.desk.now)
    for receipt in broker_for(PAPER).place(plan.tickets):
        apply_receipt(orders[receipt.account_id, receipt.client_order_id], receipt, books)


def _in_their_bots_name(proposals: Sequence[Proposal], desk: Desk) -> list[Proposal]:
    held = [desk.position(proposal.account_id, proposal.instrument.id) for proposal in proposals]
    bots = _bots_of([position.id for position in held if position is not None])
    return [
        replace(proposal, bot_id=bots.get(position.id) if position else None)
        for proposal, position in zip(proposals, held, strict=True)
    ]


def _bots_of(position_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """Return in whose name the newest fill of each position was."""
    fills = Fill.objects.filter(position__in=position_ids).order_by("created_at", "id")
    return dict(fills.values_list("position", "order__bot_id"))
