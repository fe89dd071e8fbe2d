"""The figures of a run of a sweep, to the last bit those of `backtest.metrics.summarise`, and those of its trades."""

import numpy as np

from market.candles.series import Floats
from strategies.backtest.books import CLOSED_AT, EARNED, FEE, FUNDING
from strategies.backtest.compiling import compiled
from strategies.backtest.figures import Figures
from trading.engine import metrics

FIGURES = (
    "total_return",
    "cagr",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "volatility",
    "max_drawdown",
    "win_rate",
    "profit_factor",
    "expectancy",
    "total_trades",
    "exposure",
    "turnover",
    "fees",
    "funding",
    "final_balance",
    "final_equity",
)


def of_trades(rows: Floats) -> Figures:
    """Return what trades (n, TRADE) amount to; one that is open does not count."""
    names = ("win_rate", "profit_factor", "expectancy", "total_trades")
    return dict(zip(names, _told_of_trades(rows), strict=True))


@compiled
def _told_of_trades(rows):
    nets, count = np.empty(len(rows)), 0
    for row in rows:
        if row[CLOSED_AT] > 0:
            nets[count] = row[EARNED] - row[FEE] + row[FUNDING]
            count += 1
    profits = nets[:count]
    return metrics.win_rate(profits), metrics.profit_factor(profits), metrics.expectancy(profits), count
