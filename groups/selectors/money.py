"""What a group's accounts are worth together, in one money; those of another are told apart, never summed with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from accounts.figures import Figures
from accounts.models import TradingAccount
from accounts.models.trading_accounts import TradingAccountQuerySet
from groups.models import AccountGroup
from trading.selectors.monies import Money, monies_of

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sum:
    """Accounts of one money: how many, how many of them active, and what they are worth. `margin_available` signed."""

    currency: str
    accounts: int
    active_accounts: int
    balance: Decimal
    equity: Decimal
    margin_used: Decimal
    margin_available: Decimal
    net_deposits: Decimal


def members_of(group: AccountGroup) -> TradingAccountQuerySet:
    """Return the living accounts of a group, by name."""
    return TradingAccount.objects.living().filter(memberships__group=group).order_by("name", "pk")


def money_of(accounts: TradingAccountQuerySet) -> Money:
    """Return the money that a group's accounts are summed in, in one statement."""
    return monies_of(list(accounts.order_by().values_list("currency", flat=True)))[0]


def sums_of(accounts: Sequence[TradingAccount], figures: Mapping[UUID, Figures]) -> list[Sum]:
    """Return the sum of each money, the group's own first, with zeros where it has no account."""
    return [
        _sum(money, [account for account in accounts if account.currency in money.codes], figures)
        for money in monies_of([account.currency for account in accounts])
    ]


def _sum(money: Money, accounts: Sequence[TradingAccount], figures: Mapping[UUID, Figures]) -> Sum:
    found = [figures[account.id] for account in accounts if account.id in figures]
    return Sum(
        currency=money.currency,
        accounts=len(accounts),
        active_accounts=sum(account.is_active for account in accounts),
        balance=sum((each.balance for each in found), _NOTHING),
        equity=sum((each.equity for each in found), _NOTHING),
        margin_used=sum((each.margin_used for each in found), _NOTHING),
        margin_available=sum((each.margin_available for each in found), _NOTHING),
        net_deposits=sum((account.net_deposits for account in accounts), _NOTHING),
    )
