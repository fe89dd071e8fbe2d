"""Opens, changes and closes trading accounts. Higher apps may follow, and refuse a close."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.exchanges import check_exchange
from accounts.models import TradingAccount, TransferKind, User
from accounts.models.trading_accounts import PAPER, new_seed
from accounts.selectors.trading_accounts import AccountMissing
from accounts.services.credentials import Keys, keep_credentials
from accounts.services.ledger import Entry, post_entries
from core.errors import Conflict

# Called under the account's lock, in the transaction that closes it. A check raises; a departure takes the account out
# of what an app above has it in.
AccountCheck = Callable[[TradingAccount], None]
AccountDeparture = Callable[[TradingAccount], None]
checks: list[AccountCheck] = []
departures: list[AccountDeparture] = []
# Called in the transaction that opens or changes an account, which is locked by then. A follower writes.
AccountFollower = Callable[[TradingAccount], None]
followers: list[AccountFollower] = []


class AccountInUse(Conflict):
    """Something on the account is not over yet."""

    code = "ACCOUNT_IN_USE"


def open_account(
    *,
    owner: User,
    name: str,
    initial_balance: Decimal,
    now: datetime,
    exchange: str = PAPER,
    currency: str = "USDT",
    max_leverage: int = 100,
    max_daily_loss: Decimal | None = None,
    is_demo: bool = True,
    is_testnet: bool = False,
    keys: Keys | None = None,
    seed: int | None = None,
) -> TradingAccount:
    """Create an account and book its opening deposit (none where `initial_balance` is zero), in `currency`.

    `seed` fixes the account's simulated slippage, `keys` are sealed for it. Raises Invalid for a venue
    that the desk cannot trade on.
    """
    check_exchange(exchange)
    with transaction.atomic():
        account = TradingAccount.objects.create(
            owner=owner,
            name=name,
            exchange=exchange,
            currency=currency,
            max_leverage=max_leverage,
            max_daily_loss=max_daily_loss,
            is_demo=is_demo,
            is_testnet=is_testnet,
            seed=new_seed() if seed is None else seed,
            created_at=now,
        )
        if initial_balance:
            opening = Entry(account.id, TransferKind.DEPOSIT, initial_balance, "opening")
            post_entries([opening], accounts={account.id: account}, now=now)
        if keys is not None:
            keep_credentials(account.id, keys, now=now)
        _follow(account)
    return account


def close_account(account_id: UUID, *, now: datetime) -> None:
    """Take an account away from all who see it, for good; its rows stay. Raises AccountMissing, AccountInUse."""
    with transaction.atomic():
        account = TradingAccount.objects.living().locked().filter(pk=account_id).first()
        if account is None:
            raise AccountMissing
        for check in checks:
            check(account)
        account.deleted_at = now
        account.save(update_fields=["deleted_at"])
        for depart in departures:
            depart(account)


def change_account(account: TradingAccount, changes: Mapping[str, Any]) -> TradingAccount:
    """Write these fields of an account, by name, and no others; return it."""
    if not changes:
        return account
    for name, value in changes.items():
        setattr(account, name, value)
    with transaction.atomic():
        account.save(update_fields=list(changes))
        _follow(account)
    return account


def _follow(account: TradingAccount) -> None:
    for follower in followers:
        follower(account)
