"""Keeps the limit that an account sets itself, its max_daily_loss, among the limits that are enforced."""

from typing import Any

from accounts.models import TradingAccount
from trading.models import LimitType, RiskLimit, ScopeType

ORIGIN = "account"


def follow_daily_loss(account: TradingAccount) -> None:
    """Write, change or delete the limit that stands for an account's max_daily_loss. In the caller's transaction."""
    names: dict[str, Any] = {
        "scope_type": ScopeType.ACCOUNT,
        "scope_id": account.id,
        "limit_type": LimitType.DAILY_LOSS,
    }
    if account.max_daily_loss:
        values = {"limit_value": account.max_daily_loss, "enabled": True}
        RiskLimit.objects.update_or_create(**names, origin=ORIGIN, defaults=values)
        return
    for limit in RiskLimit.objects.filter(**names, origin=ORIGIN).select_for_update(no_key=True):
        limit.delete()
