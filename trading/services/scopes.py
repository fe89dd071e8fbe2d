"""Keeps which groups and bots cover which accounts, and turns the switches of scopes."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from accounts.models import TradingAccount
from accounts.models.trading_accounts import TradingAccountQuerySet
from trading.models import AccountScope, ScopeType, Switch, SwitchState


def set_covered_accounts(scope_type: ScopeType, scope_id: UUID, account_ids: Collection[UUID]) -> None:
    """Make exactly these accounts the ones that a scope covers."""
    rows = AccountScope.objects.filter(scope_type=scope_type, scope_id=scope_id)
    wanted = set(account_ids)
    standing = set(rows.values_list("account_id", flat=True))
    rows.filter(account__in=standing - wanted).delete()
    AccountScope.objects.bulk_create(
        [AccountScope(account_id=pk, scope_type=scope_type, scope_id=scope_id) for pk in wanted - standing],
        ignore_conflicts=True,
    )


def turn_switch(scope_type: ScopeType, scope_id: UUID | None, *, state: SwitchState, reason: str) -> Switch:
    """Set a scope's state. Locks the accounts it covers first, so that no order is stored across the change."""
    with transaction.atomic():
        list(_covered(scope_type, scope_id).locked().values_list("pk", flat=True))
        switch, _ = Switch.objects.update_or_create(
            scope_type=scope_type, scope_id=scope_id, defaults={"state": state, "reason": reason[:300]}
        )
    return switch


def _covered(scope_type: ScopeType, scope_id: UUID | None) -> TradingAccountQuerySet:
    accounts = TradingAccount.objects.all()
    if scope_id is None:
        return accounts
    match scope_type:
        case ScopeType.ACCOUNT:
            return accounts.filter(pk=scope_id)
        case ScopeType.USER:
            return accounts.filter(owner=scope_id)
    covered = AccountScope.objects.filter(scope_type=scope_type, scope_id=scope_id)
    return accounts.filter(pk__in=covered.values("account"))
