"""The sweep of margins: what prices did not notice, a rate that an operator raised or a feed that was away, is found.

And the positions of accounts that money was paid into or out of, armed anew.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import localcontext
from uuid import UUID

from django.db import transaction

from accounts.models import TradingAccount
from accounts.models.trading_accounts import PAPER
from core.bulk import update_rows
from core.clock import Clock
from core.exact import WIDE
from market.quotes import is_stale
from trading.desk import Desk
from trading.models import Position
from trading.selectors.desks import load_holdings
from trading.services.apply import Books
from trading.services.arming import ARMED, arm
from trading.services.close_out import below, close_out
from trading.services.facts import tell
from trading.services.outcomes import settle_by_orders
from trading.services.road import batches

logger = logging.getLogger(__name__)


def sweep_margins(*, clock: Clock) -> int:
    """Close out every paper account that is below its maintenance margin on fresh prices; return how many were.

    Accounts are read without a lock; those found are locked and asked again. An account one of whose prices is stale
    is left alone: what it is worth is not known.
    """
    swept = 0
    for account_ids in batches(_holding()):
        desk = load_holdings(account_ids, instruments=[], clock=clock, lock=False)
        under = [pk for pk in below(desk, desk.accounts, {}) if _is_priced(desk, pk)]
        if under:
            _close_out(under, clock=clock)
            swept += len(under)
    return swept


def arm_paid(accounts: Sequence[TradingAccount], now: datetime) -> None:
    """Arm the positions of accounts, locked by the caller, that money was just paid into or out of."""
    with localcontext(WIDE):
        desk = load_holdings([account.id for account in accounts], instruments=[], clock=lambda: now, lock=False)
        update_rows(Position, arm(desk, desk.accounts), ARMED)


def _holding() -> list[UUID]:
    held = Position.objects.open().filter(account__exchange=PAPER)
    holding = held.order_by("account").values_list("account", flat=True)
    return list(holding.distinct())


def _is_priced(desk: Desk, account_id: UUID) -> bool:
    held = [desk.instruments[instrument_id] for instrument_id in desk.positions[account_id]]
    quotes = [(desk.quotes.get(instrument.id), instrument) for instrument in held]
    return all(quote is not None and not is_stale(quote, instrument, now=desk.now) for quote, instrument in quotes)


def _close_out(account_ids: Sequence[UUID], *, clock: Clock) -> None:
    with localcontext(WIDE), transaction.atomic():
        desk = load_holdings(account_ids, instruments=[], clock=clock)
        books = Books(desk, touched=set(desk.accounts))
        close_out(books, {})
        tell(books, settle_by_orders(books.orders.values(), now=desk.now, timings={}))
    logger.warning("%d accounts were below their maintenance margin and not met by a price", len(account_ids))
