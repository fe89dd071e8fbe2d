"""What a backtest leaves: equity and position after each candle, its trades, what was paid, what was refused."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.candles.series import Floats, Milliseconds

EXIT_REASONS = ("open", "decision", "stop_loss", "take_profit", "close_out")
REFUSALS = ("below_minimum", "insufficient_margin", "shorts_not_allowed", "invalid_exit")

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Trades:
    """One element a trade: a position from its opening to its last close, in that order; the last may be open.

    `opened_at`, `closed_at` (k,) int64 milliseconds UTC, `closed_at` 0 of one that is open: by a decision, the open of
    the candle; by an exit or a close-out, its close. `direction` (k,) int8, 1 long, -1 short. `size` all that was ever
    opened, in base units. `entry_price`, `exit_price` averages by size, NaN where nothing was left yet. In quote
    currency: `fee` never negative, `funding` signed, `pnl` signed, what the parts that were closed earned after
    all fees and funding of the trade; the open profit is not in it. `exit_reason` (k,) int8 places in EXIT_REASONS.
    """

    opened_at: Milliseconds
    closed_at: Milliseconds
    direction: Codes
    size: Floats
    entry_price: Floats
    exit_price: Floats
    pnl: Floats
    fee: Floats
    funding: Floats
    exit_reason: Codes

    def __len__(self) -> int:
        return len(self.opened_at)

    @property
    def is_closed(self) -> NDArray[np.bool_]:
        """Which of them are over (k,)."""
        return self.closed_at > 0

    def reasons(self) -> list[str]:
        """Return why each was left, in words."""
        return [EXIT_REASONS[code] for code in self.exit_reason]


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """What came out. Of n candles those from `first` on count: before, equity is the initial balance.

    `opened_at` (n,) int64 milliseconds UTC; `equity` (n,) marked at each close, open profit included; `position` (n,)
    signed size after the candle. `totals`, in quote currency: commission and slippage (with the rounding to ticks,
    without the spread) never negative, funding signed, traded the notional of all fills. `refusals`: how many orders
    were not placed, by reason. `final_balance` is without open profit. `interval` in milliseconds; `periods` is how
    many daily returns a year has.
    """

    opened_at: Milliseconds
    equity: Floats
    position: Floats
    trades: Trades
    totals: Mapping[str, float]
    refusals: Mapping[str, int]
    initial_balance: float
    final_balance: float
    first: int
    interval: int
    periods: int
