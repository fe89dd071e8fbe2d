"""What equity at equal marks amounts to: the engine's formulas, compiled; so they let other threads run."""

import numpy as np

from market.candles.series import Floats
from strategies.backtest.compiling import compiled
from trading.engine import metrics

Figures = dict[str, float | None]


def of_equity(equity: Floats, *, whole: int, days: float, periods: int, traded: float) -> Figures:
    """Return what `equity` (n,) amounts to: the first `whole` values are a period apart, the last one is `days` after
    the first; `traded` is the notional of all fills.
    """
    names = ("turnover", "sharpe_ratio", "sortino_ratio", "volatility", "max_drawdown")
    told: Figures = dict(zip(names, _told_of_equity(equity, whole, periods, traded), strict=True))
    values = equity.tolist()
    yearly = metrics.cagr(values, days)
    return told | {
        "total_return": metrics.total_return(values),
        "cagr": yearly,
        "calmar_ratio": metrics.calmar(yearly, told["max_drawdown"]),
        "final_equity": values[-1],
    }


@compiled
def _told_of_equity(equity, whole, periods, traded):
    returns = metrics.returns_without_payments(equity[:whole], np.zeros(whole))
    return (
        metrics.turnover(traded, equity),
        metrics.sharpe(returns, periods),
        metrics.sortino(returns, periods),
        metrics.volatility(returns, periods),
        metrics.max_drawdown(equity),
    )
