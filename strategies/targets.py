"""How comparisons become targets: which way a rule leans, and how long it holds on.

Two averages that are equal on paper differ by the rounding of their sums, and by another rounding where they begin
elsewhere: a bot that reads a thousand candles and a backtest over a million must decide the same. So nothing is above
anything unless it is by more than rounding makes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from market.candles.series import Floats
from strategies.indicator_memory import remembered
from strategies.rule import Parameters

Flags = NDArray[np.bool_]

# A fraction of the price. Rounding stays below 1e-12 of it over millions of candles; a tick's part is more than this.
ROUNDING = 1e-11

SHORT = {"type": "boolean", "default": False, "description": "Go short instead of flat where the rule leans down."}
LONGEST = {
    "type": "integer",
    "minimum": 1,
    "maximum": 5_000,
    "default": 500,
    "description": "A position is let go this many candles after the last reason for it: so far back a decision looks.",
}


def candle_count(default: int, description: str, *, least: int = 2, most: int = 1_000) -> dict[str, Any]:
    """Return the schema of a parameter that is a number of candles."""
    return {
        "type": "integer",
        "minimum": least,
        "maximum": most,
        "default": default,
        "description": f"{description}, in candles.",
    }


def fast_not_below_slow(parameters: Parameters) -> str:
    """Return what is wrong with two averages of which the fast one is not the faster; nothing where it is."""
    return "" if parameters["fast"] < parameters["slow"] else "fast must be less than slow."


def above(left: Floats, right: Floats, prices: Floats) -> Flags:
    """Return (n,) where `left` is above `right` by more than rounding; not so where either is NaN."""
    found: Flags = left > right + rounding_of(prices)
    return found


@remembered
def rounding_of(prices: Floats) -> Floats:
    """Return (n,) by how much values about these prices may differ and be the same."""
    rounding: Floats = prices * ROUNDING
    return rounding


def leaning(left: Floats, right: Floats, prices: Floats, *, short: bool, first: int) -> Floats:
    """Return targets (n,): 1 where `left` is above `right`, -1 where below if `short`, else 0; NaN before `first`."""
    targets = above(left, right, prices).astype(np.float64)
    if short:
        targets -= above(right, left, prices)
    return begun(targets, first)


def held(begins: Flags, ends: Flags, longest: int) -> Flags:
    """Return (n,) where something is held: from where it `begins` until it `ends`, or `longest` candles have gone by.

    A candle that does both ends it. Element i depends on elements i − longest + 1 to i alone.
    """
    places = np.arange(len(begins))
    began = np.maximum.accumulate(np.where(begins, places, -1 - longest)) if len(begins) else places
    ended = np.maximum.accumulate(np.where(ends, places, -1)) if len(ends) else places
    found: Flags = (began > ended) & (places - began < longest)
    return found


def one_way_or_other(long: Flags, short: Flags | None, *, first: int) -> Floats:
    """Return targets (n,): 1 where `long`, -1 where `short`, 0 elsewhere; NaN before `first`."""
    targets = long.astype(np.float64)
    if short is not None:
        targets -= short
    return begun(targets, first)


def begun(targets: Floats, first: int) -> Floats:
    """Return the targets, NaN before candle `first`."""
    targets[:first] = np.nan
    return targets


def one_before(values: Floats) -> Floats:
    """Return (n,) what each value was one candle before; NaN at the first."""
    before = np.empty_like(values)
    before[:1] = np.nan
    before[1:] = values[:-1]
    return before
