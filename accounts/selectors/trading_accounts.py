"""Finds one trading account for who asks: what they may not see is not there, what is only shown may not be changed."""

from uuid import UUID

from accounts.models import TradingAccount, User
from core.errors import Forbidden, Missing


class AccountMissing(Missing):
    """No such account, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such account.")


class SharedForReading(Forbidden):
    """Who asks may see it and not change it."""

    code = "READ_ONLY"

    def __init__(self) -> None:
        super().__init__("It is shared with you for reading only.")


def readable_account(user: User, account_id: UUID) -> TradingAccount:
    """Return a living account that `user` may read. Raises AccountMissing."""
    account = TradingAccount.objects.living().visible_to(user).filter(pk=account_id).first()
    if account is None:
        raise AccountMissing
    return account


def writable_account(user: User, account_id: UUID) -> TradingAccount:
    """Return a living account that `user` may change and trade. Raises AccountMissing, SharedForReading."""
    account = readable_account(user, account_id)
    if not user.is_staff and account.owner_id != user.id:
        raise SharedForReading
    return account
