"""Keeps what a group sets itself (how much it may lose, what it is to gain) among the limits that are enforced."""

from groups.models import AccountGroup
from trading.models import LimitType, ScopeType
from trading.services.risk.following import Followed, follow

ORIGIN = "group"


def follow_limits(group: AccountGroup) -> None:
    """Write, change or delete the limits that stand for a group's percents. In the caller's transaction."""
    followed, closes = Followed(ScopeType.GROUP, group.id, ORIGIN), group.flatten_on_breach
    follow(followed, LimitType.DRAWDOWN, group.max_drawdown_percent, flatten_on_breach=closes)
    follow(followed, LimitType.DAILY_DRAWDOWN, group.risk_limit_percent, flatten_on_breach=closes)
    follow(followed, LimitType.MONTHLY_TARGET, group.target_monthly_roi_percent)
