"""Backtests, in a process without Django: speed on a year of minutes, and trades that others are compared with."""

import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import talib

from market.candles.series import CandleSeries, Floats
from market.intervals import Interval
from strategies.backtest.metrics import summarise
from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
from strategies.research import as_series

YEAR, ROUNDS = 525_600, 25
FEE, CASH = 0.001, 1_000_000.0
# Means that are the same but for what floats lose are not above each other; they lose it in another order elsewhere.
TIE = 0.000001
LENGTHS = ((10, 30), (50, 200))
# As a perpetual on a paper account, and every cost that there is.
MARKET = Market("BTCUSDT", 0.1, 0.001, 0.001, 5, 100, 0.005, 0.0001, 100)
ALL_ON = RunSettings(
    initial_balance=1_000_000,
    sizing=Sizing("percent_equity", 0.5),
    costs=Costs.of_model("size_relative", slippage=0.0001, commission_rate=0.0002, min_commission=0.01, spread=0.0001),
    stop_loss=0.01,
    take_profit=0.02,
)
# One unit each time, fees and nothing else: what the yardsticks can do as well.
PLAIN = RunSettings(CASH, Sizing("fixed", 1), Costs(commission_rate=FEE))


@numba.njit(error_model="numpy")
def bare(opens: Floats, closes: Floats, fast: int, slow: int, fee: float) -> Floats:
    """Return equity (n,) of the least that is a backtest: SMA cross, long only, all in at the next open, fees."""
    equity = np.empty(len(closes))
    cash, size, fast_sum, slow_sum, wanted = 10_000.0, 0.0, 0.0, 0.0, False
    for bar in range(len(closes)):
        if wanted and size == 0:
            size = cash / (opens[bar] * (1 + fee))
            cash = 0.0
        elif size > 0 and not wanted:
            cash += size * opens[bar] * (1 - fee)
            size = 0.0
        fast_sum += closes[bar]
        slow_sum += closes[bar]
        if bar >= fast:
            fast_sum -= closes[bar - fast]
        if bar >= slow:
            slow_sum -= closes[bar - slow]
        wanted = bar >= slow - 1 and fast_sum / fast > slow_sum / slow
        equity[bar] = cash + size * closes[bar]
    return equity


def crossed(candles: CandleSeries, fast: int, slow: int) -> Floats:
    """Return the targets of an SMA cross, long only."""
    return (talib.SMA(candles.close, fast) > talib.SMA(candles.close, slow)).astype(np.float64)


def minutes() -> CandleSeries:
    """Return a year's walk in steps of a tick."""
    random = np.random.default_rng(1)
    closes = np.round(50_000 + random.normal(0, 5, YEAR).cumsum(), 1)
    opens = np.r_[50_000, closes[:-1]]
    above, below = np.round(random.uniform(0, 8, (2, YEAR)), 1)
    opened_at = 1_735_689_600_000 + np.arange(YEAR, dtype=np.int64) * 60_000
    highs, lows = np.maximum(opens, closes) + above, np.minimum(opens, closes) - below
    return CandleSeries(Interval.M1, opened_at, opens, highs, lows, closes, np.ones(YEAR))


def speed(candles: CandleSeries, fast: int, slow: int) -> dict[str, float]:
    """Return milliseconds of the bare pass, the rule, the run, both, its figures: the least of rounds that take turns.

    Of the processor's time: a clock would count what else the machine does in between, and more of it in longer work.
    """

    def run(targets: Floats) -> Any:
        return run_backtest(candles, targets, market=MARKET, settings=ALL_ON)

    targets = crossed(candles, fast, slow)
    result = run(targets)
    work: dict[str, Callable[[], object]] = {
        "bare": lambda: bare(candles.open, candles.close, fast, slow, FEE),
        "rule": lambda: crossed(candles, fast, slow),
        "run": lambda: run(targets),
        "all": lambda: run(crossed(candles, fast, slow)),
        "metrics": lambda: summarise(result),
    }
    took: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, task in work.items():
            gc.collect()
            began = time.thread_time()
            task()
            took[name].append((time.thread_time() - began) * 1_000)
    return {**{name: min(times) for name, times in took.items()}, "trades": len(result.trades)}


def trades_of(candles: CandleSeries) -> list[list[float]]:
    """Return of each trade that is over: milliseconds in and out, prices in and out, profit after fees."""
    market = Market(tick_size=0.0001, max_leverage=100)
    fast, slow = (talib.SMA(candles.close, length) for length in LENGTHS[0])
    targets = (fast - slow > TIE).astype(np.float64)
    trades = run_backtest(candles, targets, market=market, settings=PLAIN).trades
    columns = (trades.opened_at, trades.closed_at, trades.entry_price, trades.exit_price, trades.pnl)
    rows = np.stack([column[trades.is_closed].astype(float) for column in columns], axis=1)
    return [list(map(float, row)) for row in rows]


def main(folder: str, goog: str) -> None:
    """Keep the candles for the yardsticks in `folder`, and print what was measured."""
    data = {"a year of minutes": minutes()}
    if goog:
        table = np.genfromtxt(goog, delimiter=",", names=True)
        named = {name: table[name] for name in ("open", "high", "low", "close", "volume")}
        data["GOOG"] = as_series({**named, "opened_at": table["timestamp"].astype(np.int64)}, interval="1d")
    for name, candles in data.items():
        columns = {column: getattr(candles, column) for column in ("opened_at", "open", "high", "low", "close")}
        np.savez(Path(folder) / f"{name}.npz", allow_pickle=False, **columns)
    year = data["a year of minutes"]
    told = {
        "speed": {f"{fast}, {slow}": speed(year, fast, slow) for fast, slow in LENGTHS},
        "trades": {name: trades_of(candles) for name, candles in data.items()},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
