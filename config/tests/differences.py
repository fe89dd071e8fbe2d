"""Trades of the paper desk beside those of a backtest, and where the two differ."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Traded:
    """One trade, from flat to flat; times in milliseconds UTC, `closed_at` 0 where it is open."""

    opened_at: int
    closed_at: int
    direction: int
    size: Decimal
    entry: float
    exit: float | None
    pnl: float
    reason: str


@dataclass(slots=True)
class Differences:
    """Where desk and backtest differ: what may not be, and the trades whose sizes are one lot apart."""

    wrong: list[str] = field(default_factory=list)
    one_lot_apart: list[str] = field(default_factory=list)


def differences(desk: list[Traded], tested: list[Traded], *, lot: Decimal, tick: Decimal) -> Differences:
    """Compare trade by trade: the same candles, sides and lots, prices on one tick, profit within 0.01."""
    found = Differences()
    if len(desk) != len(tested):
        found.wrong.append(f"{len(desk)} trades on the desk, {len(tested)} in the backtest")
    for number, (here, there) in enumerate(zip(desk, tested, strict=False)):
        for name in ("opened_at", "closed_at", "direction", "reason"):
            _compare(found, f"trade {number}, {name}", getattr(here, name), getattr(there, name), lambda a, b: a == b)
        apart = abs(here.size - there.size)
        if 0 < apart <= lot:
            found.one_lot_apart.append(f"trade {number}: {here.size:f} on the desk, {there.size:f} in the backtest")
            continue
        _compare(found, f"trade {number}, size", here.size, there.size, lambda a, b: a == b)
        for name in ("entry", "exit"):
            prices = getattr(here, name), getattr(there, name)
            _compare(found, f"trade {number}, {name}", *prices, lambda a, b: a == b or abs(a - b) < float(tick) / 2)
        _compare(found, f"trade {number}, pnl", here.pnl, there.pnl, lambda a, b: abs(a - b) <= 0.01)
    return found


def _compare(found: Differences, what: str, here: Any, there: Any, same: Callable[[Any, Any], bool]) -> None:
    one_is_none = (here is None) != (there is None)
    if one_is_none or not same(here, there):
        found.wrong.append(f"{what}: {here} on the desk, {there} in the backtest")
