"""Indicators, by TA-Lib: how each is computed, and how far back it remembers.

Every function takes (n,) float64, oldest first, and returns arrays as long, which nobody can write into: NaN for the
first elements as long as there are too few, element i from elements 0 to i alone. Where there are fewer than an
indicator needs, all of it is NaN. Lengths are in candles.
"""

import math

import numpy as np
import talib

from market.candles.series import Floats
from strategies.indicator_memory import remembered

# What is left of an old candle's weight when a recursive indicator may be said to have forgotten it.
FORGOTTEN = 1e-12
# Deviations are summed anew this often, around a price nearby: over a year of minutes the rounding of one running sum
# of squares adds up to more than a quiet market's own variance. It costs a third of TA-Lib's time.
_BLOCK = 32_768
# TA-Lib takes a variance below 1e-14 for none, which a coin at 0.00001 has in earnest.
_SCALED = 2.0**20


@remembered
def sma(values: Floats, length: int) -> Floats:
    """Return the simple moving average: the mean of the last `length` values."""
    average: Floats = talib.SMA(_floats(values), length)
    return average


@remembered
def ema(values: Floats, length: int) -> Floats:
    """Return the exponential moving average, α = 2 ÷ (length + 1), begun with the mean of the first `length`."""
    average: Floats = talib.EMA(_floats(values), length)
    return average


@remembered
def rsi(values: Floats, length: int) -> Floats:
    """Return Wilder's relative strength index, 0 to 100: 100 × gains ÷ (gains + losses), smoothed by α = 1 ÷ length.

    50 where nothing moved for as long as it remembers (TA-Lib says 0 there, which reads as oversold). `length` from 2.
    Source: J. Welles Wilder, 'New Concepts in Technical Trading Systems', 1978.
    """
    floats = _floats(values)
    strength: Floats = talib.RSI(floats, length)
    still = _still_since(floats, wilder_memory(length))
    if still is not None:
        strength[still & ~np.isnan(strength)] = 50
    return strength


@remembered
def bands(values: Floats, length: int, deviations: float) -> tuple[Floats, ...]:
    """Return Bollinger's upper, middle and lower band: the mean of `length`, and `deviations` × std (ddof = 0) around.

    `length` from 2. Source: John Bollinger, 'Bollinger on Bollinger Bands', 2001.
    """
    floats, lead = _floats(values), length - 1
    found = np.empty((3, len(floats)))
    found[:, :lead] = np.nan
    for begin in range(0, max(len(floats) - lead, 0), _BLOCK):
        block = floats[begin : begin + _BLOCK + lead]
        centre = block[0]
        scale = 1.0 if centre >= 1 else _SCALED / 2.0 ** math.frexp(centre)[1]
        shifted = block - centre if scale == 1 else (block - centre) * scale
        around = talib.BBANDS(shifted, length, deviations, deviations)
        for row, band in zip(found, around, strict=True):
            away = band[lead:] if scale == 1 else band[lead:] / scale
            np.add(away, centre, out=row[begin + lead : begin + len(block)])
    return tuple(found)


@remembered
def macd(values: Floats, fast: int, slow: int, signal: int) -> tuple[Floats, ...]:
    """Return MACD, the fast EMA less the slow one, and its signal, the EMA of that; `fast`, `slow` from 2.

    Source: Gerald Appel, 'Technical Analysis: Power Tools for Active Investors', 2005.
    """
    line, average, _ = talib.MACD(_floats(values), fast, slow, signal)
    return line, average


@remembered
def highest(values: Floats, length: int) -> Floats:
    """Return the highest of the last `length` values, from 2."""
    found: Floats = talib.MAX(_floats(values), length)
    return found


@remembered
def lowest(values: Floats, length: int) -> Floats:
    """Return the lowest of the last `length` values, from 2."""
    found: Floats = talib.MIN(_floats(values), length)
    return found


def ema_memory(length: int) -> int:
    """Return after how many candles an EMA of `length` has forgotten one: its weight is down to 1e-12."""
    return _candles_until_forgotten(1 - 2 / (length + 1))


def wilder_memory(length: int) -> int:
    """Return the same of an average as Wilder smooths it, α = 1 ÷ length."""
    return _candles_until_forgotten(1 - 1 / length)


def _candles_until_forgotten(kept: float) -> int:
    """Return the least k with kept^k ≤ 1e-12, `kept` being what is left of a weight after one candle."""
    return 1 if kept <= FORGOTTEN else math.ceil(math.log(FORGOTTEN) / math.log(kept))


def _still_since(values: Floats, candles: int) -> np.ndarray | None:
    """Return where the last `candles` values, or all there were, are the same; None where that is nowhere for long."""
    if len(values) < 2 or not _stands_still(values, candles):
        return None
    places = np.arange(len(values))
    moved = np.where(np.diff(values, prepend=values[0]) != 0, places, -1)
    last_moved = np.maximum.accumulate(moved)
    still: np.ndarray = (last_moved < 0) | (places - last_moved >= candles)
    return still


def _stands_still(values: Floats, candles: int) -> bool:
    """Say whether any run of equal values may be as long as `candles`, or is what the values begin with.

    Such a run holds two neighbours of every so manieth value and all between them: hardly ever there, cheap to see.
    """
    stride = max(candles // 2, 1)
    sample = values[::stride]
    alike = np.flatnonzero(sample[1:] == sample[:-1]) * stride
    runs = (values[begin : begin + stride] for begin in alike)
    return bool((values[:2] == values[:1]).all()) or any((run == run[0]).all() for run in runs)


def _floats(values: Floats) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float64)
