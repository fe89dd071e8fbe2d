"""Finds one trading account for who asks: what they may not see is not there, what is only shown may not be changed."""

from uuid import UUID

from accounts import rights
from accounts.models import TradingAccount, User
from accounts.models.trading_accounts import PAPER
from core.errors import Missing


class AccountMissing(Missing):
    """No such account, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such account.")


class DefaultAccountMissing(Missing):
    """Who asks has no default paper account."""

    code = "NO_DEFAULT_ACCOUNT"

    def __init__(self) -> None:
        super().__init__("You have no default paper account.")


def default_account(user: User) -> TradingAccount:
    """Return the default paper account of `user`, an admin's own too. Raises DefaultAccountMissing."""
    own = TradingAccount.objects.living().filter(owner=user, is_default=True, exchange=PAPER).first()
    if own is None:
        raise DefaultAccountMissing
    return own


def readable_account(user: User, account_id: UUID) -> TradingAccount:
    """Return a living account that `user` may read. Raises AccountMissing."""
    return rights.readable(TradingAccount.objects.living(), user, account_id, missing=AccountMissing())


def writable_account(user: User, account_id: UUID) -> TradingAccount:
    """Return a living account that `user` may change and trade. Raises AccountMissing, SharedForReading."""
    return rights.writable(TradingAccount.objects.living(), user, account_id, missing=AccountMissing())
