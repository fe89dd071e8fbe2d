"""What trading has to say when an account is closed: not while something is under way on it."""

from accounts.models import TradingAccount
from accounts.services.trading_accounts import AccountInUse
from trading.models import UNDER_WAY, AccountScope, Order, Position
from trading.services.risk.marks import shift_marks


def check_nothing_under_way(account: TradingAccount) -> None:
    """Ask that the account, which is locked, holds nothing and waits for no order. Raises AccountInUse."""
    positions = Position.objects.open().filter(account=account).count()
    orders = Order.objects.filter(account=account, status__in=UNDER_WAY).count()
    if positions or orders:
        raise AccountInUse(f"The account has {positions} open position(s) and {orders} order(s) that are not over.")


def leave_scopes(account: TradingAccount) -> None:
    """Take the account out of all that groups and bots cover, and what it won or lost out of their marks."""
    scopes = AccountScope.objects.filter(account=account)
    for scope_type, scope_id in list(scopes.values_list("scope_type", "scope_id")):
        covered = AccountScope.objects.filter(scope_type=scope_type, scope_id=scope_id)
        before = set(covered.values_list("account_id", flat=True))
        shift_marks(scope_type, scope_id, before=before, after=before - {account.id})
    scopes.delete()
