"""Who may follow an account, and whose orders are whose, for many sockets at once."""

from collections.abc import Collection
from uuid import UUID

from accounts.following import Listed, Pair
from accounts.models import Share, TradingAccount
from accounts.selectors import readers

TO_READ_ORDERS = "trading.view_order"
TO_READ_ALL = ("accounts.view_tradingaccount", TO_READ_ORDERS, "trading.view_position")


def readable_accounts(pairs: Collection[Pair]) -> set[Pair]:
    """Return those pairs of a user and an account of which the user may read everything, in one statement.

    The owner, an admin, whom the account itself is shown to. A share of a bot or a group shows what was done in its
    name and nothing else, so not the stream.
    """
    living, account = TradingAccount.objects.living(), Share.Scope.ACCOUNT
    return readers.readable_pairs(pairs, living=living, shared_as=account, permissions=TO_READ_ALL)


def accounts_with_orders(users: Collection[UUID]) -> Listed:
    """Return the accounts whose orders are each user's own: those they own, an admin too."""
    return readers.own_accounts(users, permission=TO_READ_ORDERS)
