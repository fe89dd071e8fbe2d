"""What accounts cannot know of themselves: positions, margin, groups. Higher apps fill this in at start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.models import TradingAccount


@dataclass(frozen=True, slots=True)
class Figures:
    """Money of one account at one moment, in its currency; `margin_available` may be negative.

    `margin_used` is tied up by positions, `order_margin` by working orders.
    """

    balance: Decimal
    equity: Decimal
    margin_used: Decimal
    order_margin: Decimal = Decimal(0)

    @property
    def margin_available(self) -> Decimal:
        return self.equity - self.margin_used - self.order_margin


FiguresReader = Callable[[Sequence[TradingAccount], datetime], dict[UUID, Figures]]


def _cash_only(accounts: Sequence[TradingAccount], now: datetime) -> dict[UUID, Figures]:
    return {account.id: Figures(account.balance, account.balance, Decimal(0)) for account in accounts}


_readers: list[FiguresReader] = [_cash_only]


def read_with(reader: FiguresReader) -> None:
    """Let `reader` answer from now on. Called once, by the app that knows positions."""
    _readers[:] = [reader]


def figures_of(accounts: Sequence[TradingAccount], now: datetime) -> dict[UUID, Figures]:
    """Return each account's figures, in a number of queries that does not grow with the accounts."""
    return _readers[0](accounts, now)
