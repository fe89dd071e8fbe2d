"""What the app keeps: strategies, where they are traded, backtests, sweeps, and a log."""

from strategies.models.backtests import RUNS_UNDER_WAY, Backtest, BacktestArrays, RunStatus
from strategies.models.log import LogEntry
from strategies.models.strategies import Strategy, TradeStrategy
from strategies.models.sweeps import Sweep, SweepPart

__all__ = [
    "RUNS_UNDER_WAY",
    "Backtest",
    "BacktestArrays",
    "LogEntry",
    "RunStatus",
    "Strategy",
    "Sweep",
    "SweepPart",
    "TradeStrategy",
]
