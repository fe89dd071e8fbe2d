"""Finds the account below whose path orders and positions are listed."""

from uuid import UUID

from django.db.models import Q

from accounts.models import Share, TradingAccount, User
from accounts.selectors.trading_accounts import AccountMissing
from trading.models import AccountScope


def account_to_list(user: User, account_id: UUID) -> TradingAccount:
    """Return a living account whose rows `user` may list: of one they may read all of them, of a member of a group
    or a bot that is shared with them what was done in its name. Raises AccountMissing, for who may list nothing.
    """
    scopes = Q(pk__in=())
    for scope_type in (Share.Scope.GROUP, Share.Scope.BOT):
        scopes |= Q(scope_type=scope_type, scope_id__in=Share.objects.ids_shown_to(user, scope_type))
    followed = AccountScope.objects.filter(scopes, account=account_id).values("account")
    readable = Q(pk__in=TradingAccount.objects.visible_to(user).filter(pk=account_id))
    account = TradingAccount.objects.living().filter(readable | Q(pk__in=followed), pk=account_id).first()
    if account is None:
        raise AccountMissing
    return account
