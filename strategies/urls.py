"""Routes of strategies, backtests and the log, below /api/v1/."""

from typing import Any

from django.urls import URLPattern, path

from strategies.api.backtests import BacktestViewSet
from strategies.api.log import LogViewSet
from strategies.api.strategies import StrategyViewSet, TradeStrategyViewSet
from strategies.api.sweeps import SweepViewSet

_ALL: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {"get": "retrieve", "put": "update", "delete": "destroy"}


def _of_strategies(prefix: str) -> list[URLPattern]:
    """The sandbox calls them one way, everybody else the other."""
    return [
        path(prefix, StrategyViewSet.as_view(_ALL)),
        path(f"{prefix}/<uuid:strategy_id>", StrategyViewSet.as_view(_ONE)),
    ]


urlpatterns = [
    *_of_strategies("strategy"),
    *_of_strategies("strategies"),
    path("strategies/catalogue", StrategyViewSet.as_view({"get": "catalogue"})),
    path("trade-strategy", TradeStrategyViewSet.as_view(_ALL)),
    path("trade-strategy/<uuid:trade_strategy_id>", TradeStrategyViewSet.as_view(_ONE)),
    path("backtests", BacktestViewSet.as_view(_ALL)),
    path("backtests/sweep", SweepViewSet.as_view({"post": "create"})),
    path("backtests/sweeps", SweepViewSet.as_view({"get": "list"})),
    path("backtests/sweeps/<uuid:sweep_id>", SweepViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("backtests/<uuid:backtest_id>", BacktestViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("backtests/<uuid:backtest_id>/trades", BacktestViewSet.as_view({"get": "trades"})),
    path("backtests/<uuid:backtest_id>/equity", BacktestViewSet.as_view({"get": "equity"})),
    path("log", LogViewSet.as_view(_ALL)),
    path("log/symbols", LogViewSet.as_view({"get": "symbols"})),
]
