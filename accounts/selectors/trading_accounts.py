"""Finds one trading account for who asks: what they may not see is not there, what is only shown may not be changed."""

from uuid import UUID

from django.db.models import QuerySet

from accounts import rights
from accounts.models import Role, TradingAccount, User
from accounts.models.trading_accounts import PAPER
from core.compiled_reads import compiled_read
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
    """Return the oldest paper account of `user` that is left, an admin's own too. Raises DefaultAccountMissing."""
    own = TradingAccount.objects.living().filter(owner=user, exchange=PAPER).order_by("created_at", "pk").first()
    if own is None:
        raise DefaultAccountMissing
    return own


def readable_account(user: User, account_id: UUID) -> TradingAccount:
    """Return a living account that `user` may read. Raises AccountMissing."""
    return rights.readable(TradingAccount.objects.living(), user, account_id, missing=AccountMissing())


def writable_account(user: User, account_id: UUID) -> TradingAccount:
    """Return a living account that `user` may change and trade. Raises AccountMissing, SharedForReading."""
    role = Role(user.role)
    found = _writable(account_id, role, None if role == Role.ADMIN else user.pk)
    if found:
        return found[0]
    return rights.writable(TradingAccount.objects.living(), user, account_id, missing=AccountMissing())


@compiled_read
def _writable(account_id: UUID, role: Role, user_id: UUID | None) -> QuerySet[TradingAccount]:
    asker = User(id=user_id, role=role)  # an admin reaches all, whoever it is
    return TradingAccount.objects.living().writable_by(asker).filter(pk=account_id).order_by()
