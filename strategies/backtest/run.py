"""Runs a backtest: arrays in, arrays out; see kernel.py for what happens when."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Invalid
from market.candles.series import CandleSeries, Floats
from strategies.backtest import books
from strategies.backtest.kernel import run_bars
from strategies.backtest.results import REFUSALS, BacktestResult, Trades
from strategies.backtest.terms import Market, RunSettings, terms_of

# So many candles take some milliseconds: between them progress is told, and whoever is told may stop the run.
CHUNK = 250_000

Progress = Callable[[float], None]


class PartialCandle(Invalid):
    """The last candle is not over: what it will be is not known."""

    code = "PARTIAL_CANDLE"


class BadCandle(Invalid):
    """Prices that make no candle: not numbers above zero, or open and close not between low and high."""

    code = "BAD_CANDLE"

    def __init__(self, candles: CandleSeries, place: int) -> None:
        prices = ", ".join(f"{name} {getattr(candles, name)[place]:g}" for name in ("open", "high", "low", "close"))
        super().__init__(f"The prices at place {place} make no candle: {prices}.")


def run_backtest(
    candles: CandleSeries,
    targets: Floats,
    *,
    market: Market,
    settings: RunSettings,
    first: int = 0,
    now: datetime | None = None,
    on_progress: Progress | None = None,
) -> BacktestResult:
    """Trade the targets (n,) on n closed candles: what is decided at the end of one is done at the open of the next.

    Candles before `first` are there for the rule to warm up: nothing is decided in them. `on_progress` is told the
    share that is done, 0 to 1, and may raise to stop the run. Raises Invalid for settings that make no sense, for
    arrays that do not fit and where no candle counts, BadCandle, PartialCandle where the last one ends after `now`.
    """
    _check(candles, targets, first=first, now=now)
    interval = candles.interval.seconds * 1_000
    terms = terms_of(market, settings, interval_milliseconds=interval)
    count = len(candles)
    book = books.new_book(terms.initial_balance)
    # One array for both: large enough for the system to give it in large pages, which is ten times as fast.
    equity, position = np.empty((2, count))
    equity[: first + 1], position[: first + 1] = terms.initial_balance, 0
    trades = np.empty((_changes(targets), books.TRADE))
    given = (candles.opened_at, candles.open, candles.high, candles.low, candles.close, targets)
    arrays = (*(plain(array) for array in given), equity, position)
    for start in range(first, count - 1, CHUNK):
        stop = min(start + CHUNK + 1, count)
        *prices, wanted, worth, held = (array[start:stop] for array in arrays)
        reached = run_bars(tuple(prices), wanted, terms, book, trades, worth, held)
        if reached < stop - start:
            raise BadCandle(candles, start + reached)
        if on_progress is not None:
            on_progress(stop / count)
    return BacktestResult(
        opened_at=candles.opened_at,
        equity=equity,
        position=position,
        trades=_told(trades[: int(book[books.COUNT])]),
        totals=_totals(book),
        refusals=dict(zip(REFUSALS, (int(number) for number in book[books.BELOW_MINIMUM :]), strict=True)),
        initial_balance=terms.initial_balance,
        final_balance=float(book[books.BALANCE]),
        first=first,
        interval=interval,
        periods=market.periods,
    )


def _check(candles: CandleSeries, targets: Floats, *, first: int, now: datetime | None) -> None:
    if targets.shape != (len(candles),) or targets.dtype != np.float64:
        raise Invalid(f"Targets are {len(candles)} floats, one a candle.", code="INVALID_TARGETS")
    if not 0 <= first < len(candles):
        raise Invalid("There is no candle that counts.", code="NO_CANDLES")
    if now is None:
        return
    closes = int(candles.opened_at[-1]) + candles.interval.seconds * 1_000
    if closes > now.timestamp() * 1_000:
        raise PartialCandle("The last candle is not over yet.")


def plain(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array as the kernel was compiled for: each other layout would be compiled anew, for seconds."""
    return np.require(array, requirements=["C", "A", "W"])


def _changes(targets: Floats) -> int:
    """Return how many positions may be opened: no more than the target changes, the first time from 0."""
    return int(np.count_nonzero(targets[:-1] != targets[1:])) + 1


def _totals(book: Floats) -> dict[str, float]:
    return {
        "commission": float(book[books.FEES]),
        "funding": float(book[books.FUNDED]),
        "slippage": float(book[books.SLIPPED]),
        "traded": float(book[books.TRADED]),
    }


def _told(rows: Floats) -> Trades:
    left = rows[:, books.LEFT]
    return Trades(
        opened_at=rows[:, books.OPENED_AT].astype(np.int64),
        closed_at=rows[:, books.CLOSED_AT].astype(np.int64),
        direction=rows[:, books.SIDE].astype(np.int8),
        size=rows[:, books.ENTERED].copy(),
        entry_price=rows[:, books.ENTERED_COST] / rows[:, books.ENTERED],
        exit_price=np.divide(rows[:, books.LEFT_COST], left, out=np.full(len(rows), np.nan), where=left > 0),
        pnl=rows[:, books.EARNED] - rows[:, books.FEE] + rows[:, books.FUNDING],
        fee=rows[:, books.FEE].copy(),
        funding=rows[:, books.FUNDING].copy(),
        exit_reason=rows[:, books.REASON].astype(np.int8),
    )
