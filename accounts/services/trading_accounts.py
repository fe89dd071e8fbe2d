"""Opens trading accounts."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import TradingAccount, TransferKind, User
from accounts.models.trading_accounts import PAPER, new_seed
from accounts.services.ledger import Entry, post_entries
from core.errors import Invalid


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
    is_default: bool = False,
    seed: int | None = None,
) -> TradingAccount:
    """Create an account and book its opening deposit (none where `initial_balance` is zero), in `currency`.

    `seed` fixes the account's simulated slippage. Raises Invalid for a venue that the desk cannot trade on.
    """
    if exchange != PAPER:
        sentence = f"The desk does not trade on {exchange!r}; it knows: paper."
        raise Invalid(sentence, errors={"exchange": [sentence]})
    with transaction.atomic():
        account = TradingAccount.objects.create(
            owner=owner,
            name=name,
            exchange=exchange,
            currency=currency,
            max_leverage=max_leverage,
            max_daily_loss=max_daily_loss,
            is_demo=is_demo,
            is_default=is_default,
            seed=new_seed() if seed is None else seed,
            created_at=now,
        )
        if initial_balance:
            opening = Entry(account.id, TransferKind.DEPOSIT, initial_balance, "opening")
            post_entries([opening], accounts={account.id: account}, now=now)
    return account
