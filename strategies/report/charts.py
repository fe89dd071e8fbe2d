"""What a report's charts are drawn from: plain lists of numbers, as few as a screen can show."""

import math
from typing import Any

import numpy as np

from market.candles.series import CandleSeries, Floats
from strategies.backtest.files import downsample
from strategies.backtest.results import BacktestResult, Trades
from strategies.report.subject import Subject
from strategies.report.thinning import joined_candles

MOST_POINTS = 2_000
MOST_CANDLES = 1_200
MOST_TRADES = 1_000


def chart_data(subject: Subject) -> dict[str, Any]:
    """Return times in milliseconds UTC, equity in quote currency, drawdown in percent (0 or below), candles and trades.

    `candles` is None where they are not known any more.
    """
    told = subject.result
    counting = slice(told.first, None)
    return {
        "symbol": subject.symbol,
        "currency": subject.currency,
        "initial_balance": told.initial_balance,
        "equity": _curve(told, told.equity[counting], decimals=2),
        "drawdown": _curve(told, drawdown_percent(told.equity[counting], told.initial_balance), decimals=3),
        "candles": None if subject.candles is None else _candles(subject.candles.cut(counting)),
        "trades": _trades(told.trades),
    }


def drawdown_percent(equity: Floats, initial_balance: float) -> Floats:
    """Return how far each value is below the highest so far, the initial balance included, in percent, 0 or below."""
    highest = np.maximum(np.maximum.accumulate(equity), initial_balance)
    return np.asarray((equity / highest - 1) * 100)


def largest_trades(trades: Trades, *, most: int) -> list[int]:
    """Return the places, ascending, of the trades that gained or lost most."""
    if len(trades) <= most:
        return list(range(len(trades)))
    return sorted(np.argsort(-np.abs(trades.pnl), kind="stable")[:most].tolist())


def _curve(told: BacktestResult, values: Floats, *, decimals: int) -> dict[str, list[Any]]:
    """Return a curve of the candles that count; each value stands at the end of its candle."""
    kept = downsample(values, MOST_POINTS)
    return {
        "at": (told.opened_at[told.first :][kept] + told.interval).tolist(),
        "value": values[kept].round(decimals).tolist(),
    }


def _candles(candles: CandleSeries) -> dict[str, Any]:
    shown, width = joined_candles(candles, most=MOST_CANDLES)
    columns = ("open", "high", "low", "close")
    return {"at": shown.opened_at.tolist(), "width": width, **{name: getattr(shown, name).tolist() for name in columns}}


def _trades(trades: Trades) -> dict[str, Any]:
    """Return where each of the largest trades began and ended, and at which price; `closed_at` 0: it is open."""
    kept = largest_trades(trades, most=MOST_TRADES)
    columns = ("opened_at", "closed_at", "direction", "pnl")
    prices = {name: [_price(price) for price in getattr(trades, name)[kept]] for name in ("entry_price", "exit_price")}
    return {**prices, **{name: getattr(trades, name)[kept].tolist() for name in columns}}


def _price(price: float) -> float | None:
    """Return a price for JSON, which has no NaN."""
    return None if math.isnan(price) else float(f"{price:.10g}")
