"""What a backtest amounts to: figures of daily equity and of trades. Ratios are fractions; None has no value."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.candles.series import Floats, Milliseconds
from strategies.backtest.figures import of_equity
from strategies.backtest.results import BacktestResult
from trading.engine import metrics

DAY = 86_400_000
EVERY_DAY = 365
Figure = float | int | None


def summarise(result: BacktestResult) -> dict[str, Figure]:
    """Return the figures of a run by name.

    On equity at each 00:00 UTC from the first candle that counts, open profit included, and at the end: total_return,
    cagr, max_drawdown (from -1 to 0), calmar_ratio; of the days that are over alone: sharpe_ratio, sortino_ratio,
    volatility. `peak_at`, `trough_at`, `recovered_at` are of the deepest fall, milliseconds UTC, None without one and
    where it was not recovered from; `longest_under_water` is milliseconds. Of trades that are over, after costs:
    total_trades, winning_trades, losing_trades, win_rate, profit_factor, expectancy, average_trade_milliseconds.
    `exposure` is the share of candles that ended with a position, `turnover` the notional traded ÷ mean daily equity.
    In quote currency: initial_balance, final_balance, final_equity, fees, funding, slippage.
    """
    times, values, whole_days = daily_equity(result)
    days, traded = (times[-1] - times[0]) / DAY, result.totals["traded"]
    return {
        "days": days,
        "initial_balance": result.initial_balance,
        "final_balance": result.final_balance,
        **of_equity(np.array(values), whole=whole_days, days=days, periods=result.periods, traded=traded),
        **drawdown_times(times, values),
        **_of_trades(result),
        "exposure": float(np.mean(result.position[result.first :] != 0)),
        "fees": result.totals["commission"],
        "funding": result.totals["funding"],
        "slippage": result.totals["slippage"],
    }


def daily_equity(result: BacktestResult) -> tuple[list[int], list[float], int]:
    """Return times in milliseconds and equity then: at the start, at each 00:00 UTC, at the end; and how many of them
    are before a day that is not over; see `daily_places`.
    """
    times, places, whole = daily_places(result.opened_at[result.first :], result.interval, result.periods)
    equity: Floats = result.equity[result.first :]
    return times, np.where(places >= 0, equity[places], result.initial_balance).tolist(), whole


def daily_places(opened_at: Milliseconds, interval: int, periods: int) -> tuple[list[int], NDArray[np.intp], int]:
    """Return times in milliseconds, the candles whose close is the last by then, -1 for none; and how many of them are
    before a day that is not over: the first open, each 00:00 UTC, the last close.

    Where trading has sessions (fewer than 365 returns a year) midnights without a candle since the one before are left
    out.
    """
    start = int(opened_at[0])
    closed_at = opened_at + interval
    end = int(closed_at[-1])
    midnights = np.arange((start // DAY + 1) * DAY, end + 1, DAY, dtype=np.int64)
    places = np.searchsorted(closed_at, midnights, side="right") - 1
    if periods < EVERY_DAY:
        is_new = np.diff(places, prepend=-1) > 0
        midnights, places = midnights[is_new], places[is_new]
    times, found = [start, *midnights.tolist()], [-1, *places.tolist()]
    whole = len(times)
    if times[-1] != end:
        times, found = [*times, end], [*found, len(opened_at) - 1]
    return times, np.array(found, dtype=np.intp), whole


def drawdown_times(times: Sequence[int], values: Sequence[float]) -> dict[str, int | None]:
    """Return when the deepest fall began, was deepest and was made good, and the longest time below a peak."""
    peaks = np.maximum.accumulate(values)
    falls = np.asarray(values) / peaks - 1
    longest = _longest_below(times, falls)
    if not (falls < 0).any():
        return {"peak_at": None, "trough_at": None, "recovered_at": None, "longest_under_water": longest}
    trough = int(np.argmin(falls))
    peak = int(np.flatnonzero(falls[:trough] == 0)[-1])
    after = np.flatnonzero(falls[trough:] == 0)
    return {
        "peak_at": times[peak],
        "trough_at": times[trough],
        "recovered_at": times[trough + int(after[0])] if len(after) else None,
        "longest_under_water": longest,
    }


def _longest_below(times: Sequence[int], falls: Floats) -> int:
    """Return the longest time from a peak until it was reached again, or until the end."""
    peaks = [*np.flatnonzero(falls == 0).tolist(), *([len(times) - 1] if falls[-1] < 0 else [])]
    fell = ((one, other) for one, other in pairwise(peaks) if (falls[one + 1 : other + 1] < 0).any())
    return max((times[other] - times[one] for one, other in fell), default=0)


def _of_trades(result: BacktestResult) -> dict[str, Any]:
    trades = result.trades
    over = trades.is_closed
    nets = trades.pnl[over].tolist()
    lasted = trades.closed_at[over] - trades.opened_at[over]
    return {**metrics.of_trades(nets), "average_trade_milliseconds": float(lasted.mean()) if nets else None}
