"""Equity and margin of accounts, positions marked to the latest quotes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.figures import Figures
from accounts.models import TradingAccount
from trading.selectors.desks import load_desk


def figures_with_positions(accounts: Sequence[TradingAccount], now: datetime) -> dict[UUID, Figures]:
    """Return each account's balance, equity and margin used; the statements do not grow with the accounts."""
    desk = load_desk([account.id for account in accounts], instruments=[], clock=lambda: now, lock=False)
    return {
        account_id: Figures(
            balance=account.balance,
            equity=desk.equity(account_id),
            margin_used=desk.margin_used(account_id),
            order_margin=desk.order_margin(account_id),
        )
        for account_id, account in desk.accounts.items()
    }
