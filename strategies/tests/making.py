"""Makes backtests and sweeps for tests: one that waits, and one that is finished, by hand, without a child process."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from accounts.models import User
from market.intervals import Interval
from market.models import Instrument
from strategies.api.runs_serializers import ConfigInput
from strategies.backtest.files import pack
from strategies.backtest.metrics import summarise
from strategies.backtest.results import BacktestResult, Trades
from strategies.models import Backtest, BacktestArrays, RunStatus, Sweep
from strategies.services.asked import AskedRun
from strategies.services.backtests import create_backtest
from strategies.services.sweeps import create_sweep
from strategies.sweep.plan import SweepPlan

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
HOUR = 3_600_000


def asked_run(owner: User, *, rule: str = "sma_cross", **more: Any) -> AskedRun:
    """Return two days of hours of BTCUSDT, asked for as a body without a config asks."""
    instrument = Instrument.objects.get(symbol="BTCUSDT")
    config = ConfigInput().run_validation({})
    terms = {"interval": Interval.H1, "start": START, "end": END, "rule": rule, "config": config}
    return AskedRun(**{"owner": owner, "instrument": instrument, **terms, **more})


def waiting_backtest(owner: User, **more: Any) -> Backtest:
    """Return a backtest whose job waits."""
    return create_backtest(asked_run(owner, **more), parameters={}, now=datetime.now(UTC))


def finished_backtest(owner: User, **more: Any) -> Backtest:
    """Return a backtest that is over: two trades in 48 hours, 10,000 became 10,100."""
    backtest = waiting_backtest(owner, **more)
    made = made_result()
    refusals = dict.fromkeys(("below_minimum", "insufficient_margin", "shorts_not_allowed", "invalid_exit"), 0)
    candles = {"count": 48, "missing": 0, "warm_up": 30}
    backtest.results = {**summarise(made), "refusals": refusals, "candles": candles}
    backtest.ended, backtest.ended_percent, backtest.completed_at = RunStatus.COMPLETED, 100, END
    backtest.save()
    BacktestArrays.objects.create(backtest=backtest, data=pack(made))
    return backtest


def waiting_sweep(owner: User, **more: Any) -> Sweep:
    """Return a sweep of two runs whose one job waits."""
    return create_sweep(asked_run(owner, **more), plan=SweepPlan({"fast": [5, 10]}), now=datetime.now(UTC))


def made_result() -> BacktestResult:
    """Return a result by hand: long from 10:00 to 20:00 for 150, short from 30:00 on, 50 behind."""
    start = int(START.timestamp()) * 1_000
    equity, position = np.full(48, 10_000.0), np.zeros(48)
    equity[10:20], equity[20:30], equity[30:] = 10_050, 10_150, 10_100
    position[10:20], position[30:] = 1, -1
    trades = Trades(
        opened_at=np.array([start + 10 * HOUR, start + 30 * HOUR]),
        closed_at=np.array([start + 20 * HOUR, 0]),
        direction=np.array([1, -1], dtype=np.int8),
        size=np.array([1.0, 1.0]),
        entry_price=np.array([100.5, 251.25]),
        exit_price=np.array([251.5, np.nan]),
        pnl=np.array([150.0, -1.0]),
        fee=np.array([1.0, 1.0]),
        funding=np.array([0.0, 0.0]),
        exit_reason=np.array([1, 0], dtype=np.int8),
    )
    totals = {"commission": 2.0, "funding": 0.0, "slippage": 0.5, "traded": 603.25}
    return BacktestResult(
        opened_at=start + np.arange(48, dtype=np.int64) * HOUR,
        equity=equity,
        position=position,
        trades=trades,
        totals=totals,
        refusals={},
        initial_balance=10_000.0,
        final_balance=10_149.0,
        first=0,
        interval=HOUR,
        periods=365,
    )
