"""How far the synthetic market is from its reference: waves of noise, for one second or for many at once.

Each wave is drawn at the ends of its period and smoothed between. The slow ones belong to the base currency, so that
BTC-USD and BTCUSDT stay together; the fast ones to the instrument. Floats are added, multiplied and divided one by
one and in a fixed order, which gives the same bits on every machine, for one second and in an array.
"""

import hashlib
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from market.candles.series import Floats

# Period in seconds, and the most that the wave moves the price, as a fraction of it: 0.1 together.
SLOW_WAVES = ((7 * 86_400, 0.046), (86_400, 0.029), (6 * 3_600, 0.0125), (3_600, 0.0065), (600, 0.004))
FAST_WAVES = ((60, 0.001), (10, 0.0005), (3, 0.0003), (1, 0.0002))

_WORD = 2**64 - 1
_STRIDE, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
# Where numpy's inner loop would be shorter than this it runs across the periods, where it is longer along each.
_SHORT, _LONG = 16, 3_600


def movement(*, seed: int, base: str, symbol: str, second: int) -> float:
    """Return how far the price is from its reference at a Unix second, as a fraction from −0.1 to 0.1."""
    moved = 0.0
    for key, period, size in _waves(seed, base, symbol):
        moved += size * _height(key, period, second)
    return moved


def movements(*, seed: int, base: str, symbol: str, first: int, count: int) -> Floats:
    """Return the movement at each of `count` seconds from the Unix second `first` on, (count,): the very same bits."""
    moved = np.zeros(count)
    for key, period, size in _waves(seed, base, symbol):
        heights = _heights(key, period, first=first, count=count)
        heights *= size
        moved += heights
    return moved


def key_of(name: str) -> int:
    """Return the key of what is drawn under a name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def drawn(key: int, step: int) -> float:
    """Return a number from −1 to 1 that is random in (key, step): the finaliser of SplitMix64 (Steele et al., 2014)."""
    word = (key + step * _STRIDE) & _WORD
    word = ((word ^ (word >> 30)) * _FIRST) & _WORD
    word = ((word ^ (word >> 27)) * _SECOND) & _WORD
    return ((word ^ (word >> 31)) >> 11) / 2**52 - 1


def drawn_of_each(key: int, *, first: int, count: int) -> Floats:
    """Return `drawn` of `count` steps from `first` on, not negative: unsigned integers of numpy wrap as _WORD masks."""
    words = np.arange(first, first + count, dtype=np.uint64)
    words *= np.uint64(_STRIDE)
    words += np.uint64(key)
    _fold(words, 30)
    words *= np.uint64(_FIRST)
    _fold(words, 27)
    words *= np.uint64(_SECOND)
    _fold(words, 31)
    words >>= np.uint64(11)
    told = words.astype(np.float64)
    told /= 2**52
    told -= 1
    return told


@lru_cache(maxsize=1024)
def _waves(seed: int, base: str, symbol: str) -> tuple[tuple[int, int, float], ...]:
    """Return the key, the period and the size of each wave, in the order in which they are added."""
    slow = [(key_of(f"{seed}|{base}|{period}"), period, size) for period, size in SLOW_WAVES]
    fast = [(key_of(f"{seed}|{symbol}|{period}"), period, size) for period, size in FAST_WAVES]
    return (*slow, *fast)


def _height(key: int, period: int, second: int) -> float:
    """Return one wave's height from −1 to 1, its phase taken from its key."""
    step, into = divmod(second + key % period, period)
    share = into / period
    smooth = share * share * (3 - 2 * share)
    before, after = drawn(key, step), drawn(key, step + 1)
    return before + (after - before) * smooth


def _heights(key: int, period: int, *, first: int, count: int) -> Floats:
    """Return the height at each of many seconds. Within a period only the smooth share changes."""
    step, into = divmod(first + key % period, period)
    steps = -(-(into + count) // period)
    ends = drawn_of_each(key, first=step, count=steps + 1)
    if period >= _LONG:
        return _piece_by_piece(ends, _smooth(period), into=into, count=count)
    return _all_periods(ends[:-1], np.diff(ends), _smooth(period)).reshape(-1)[into : into + count]


def _piece_by_piece(ends: Floats, smooth: Floats, *, into: int, count: int) -> Floats:
    """Return heights where periods are long: numpy runs along the seconds of one."""
    heights = np.empty(count)
    at = 0
    for before, after in pairwise(ends.tolist()):
        part = heights[at : at + len(smooth) - into]
        np.multiply(smooth[into : into + len(part)], after - before, out=part)
        part += before
        at, into = at + len(part), 0
    return heights


def _all_periods(before: Floats, risen: Floats, smooth: Floats) -> Floats:
    """Return heights where periods are short, (periods, seconds of one): of very short ones numpy runs across them."""
    heights = np.empty((len(before), len(smooth)))
    if len(smooth) < _SHORT:
        for place, share in enumerate(smooth):
            np.multiply(risen, share, out=heights[:, place])
    else:
        np.multiply(risen[:, None], smooth, out=heights)
    heights += before[:, None]
    return heights


@cache
def _smooth(period: int) -> Floats:
    share = np.arange(period) / period
    return np.asarray(share * share * (3 - 2 * share))


def _fold(words: NDArray[np.uint64], bits: int) -> None:
    words ^= words >> np.uint64(bits)
