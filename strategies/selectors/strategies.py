"""Finds strategies and trade strategies for who asks."""

from uuid import UUID

from accounts import rights
from accounts.models import User
from core.errors import Missing
from strategies.models import Strategy, TradeStrategy


class StrategyMissing(Missing):
    """No such strategy, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such strategy.")


class TradeStrategyMissing(Missing):
    """No such trade strategy, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such trade strategy.")


def readable_strategy(user: User, strategy_id: UUID) -> Strategy:
    """Return a living strategy that `user` may read. Raises StrategyMissing."""
    return rights.readable(Strategy.objects.living(), user, strategy_id, missing=StrategyMissing())


def writable_strategy(user: User, strategy_id: UUID) -> Strategy:
    """Return a living strategy that `user` may change. Raises StrategyMissing."""
    return rights.writable(Strategy.objects.living(), user, strategy_id, missing=StrategyMissing())


def readable_trade_strategy(user: User, trade_strategy_id: UUID) -> TradeStrategy:
    """Return a living trade strategy that `user` may read. Raises TradeStrategyMissing."""
    rows = TradeStrategy.objects.living().select_related("strategy", "instrument")
    return rights.readable(rows, user, trade_strategy_id, missing=TradeStrategyMissing())


def writable_trade_strategy(user: User, trade_strategy_id: UUID) -> TradeStrategy:
    """Return a living trade strategy that `user` may change. Raises TradeStrategyMissing."""
    rows = TradeStrategy.objects.living().select_related("strategy", "instrument")
    return rights.writable(rows, user, trade_strategy_id, missing=TradeStrategyMissing())
