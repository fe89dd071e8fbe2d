"""Keeps the limit that an account sets itself, its max_daily_loss, among the limits that are enforced."""

from accounts.models import TradingAccount
from trading.models import LimitType, ScopeType
from trading.services.risk.following import Followed, follow

ORIGIN = "account"


def follow_daily_loss(account: TradingAccount) -> None:
    """Write, change or delete the limit that stands for an account's max_daily_loss. In the caller's transaction."""
    followed = Followed(ScopeType.ACCOUNT, account.id, ORIGIN)
    follow(followed, LimitType.DAILY_LOSS, account.max_daily_loss)
