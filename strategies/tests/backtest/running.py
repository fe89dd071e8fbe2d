"""What tests of the backtest run: candles by hand, a market of whole numbers, settings that cost nothing."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from market.candles.series import CandleSeries
from market.intervals import Interval
from strategies.backtest.results import BacktestResult
from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing

# 2026-03-02 00:00 UTC, a Monday.
START = 1_772_409_600_000
MARKET = Market(symbol="TEST", tick_size=0.01, lot_size=0.001, max_leverage=100)
FREE = Costs()
SETTINGS = RunSettings(initial_balance=10_000, sizing=Sizing("fixed", 1), costs=FREE)

Bar = tuple[float, float, float, float]


def candles(*bars: Bar, interval: Interval = Interval.H1, start: int = START) -> CandleSeries:
    """Return candles of (open, high, low, close), one after another from `start` on."""
    prices = np.array(bars, dtype=np.float64).reshape(-1, 4)
    opened_at = start + np.arange(len(prices), dtype=np.int64) * interval.seconds * 1_000
    columns = [np.ascontiguousarray(column) for column in prices.T]
    return CandleSeries(interval, opened_at, *columns, np.zeros(len(prices)))


def flat(price: float) -> Bar:
    """Return a candle in which nothing happens."""
    return price, price, price, price


def run(
    series: CandleSeries, targets: Sequence[float], *, market: Market = MARKET, first: int = 0, **settings: object
) -> BacktestResult:
    """Run targets on candles with the settings that are named, the others being free of cost."""
    return run_backtest(
        series,
        np.array(targets, dtype=np.float64),
        market=market,
        settings=replace(SETTINGS, **settings),
        first=first,
    )
