"""A market that moves by itself, offline: the price is a pure function of seed, names and second.

Every process computes the same price and nothing is stored. Around the reference price lie waves of noise, each
drawn at the ends of its period and smoothed between. The slow waves belong to the base currency, so that BTC-USD
and BTCUSDT stay together; the fast ones to the instrument. Floats are only added, multiplied and divided, which
gives the same bits on every machine; a price is a whole number of ticks.
"""

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from core.exact import RATE_SCALE, to_scaled
from market.models import Instrument
from market.sources.base import Quote

# Period in seconds, and the most that the wave moves the price, as a fraction of it: 0.1 together.
SLOW_WAVES = ((7 * 86_400, 0.046), (86_400, 0.029), (6 * 3_600, 0.0125), (3_600, 0.0065), (600, 0.004))
FAST_WAVES = ((60, 0.001), (10, 0.0005), (3, 0.0003), (1, 0.0002))

_WORD = 2**64 - 1
_WHOLE_RATE = 10**RATE_SCALE


class SyntheticSource:
    """Quotes every instrument that has a reference price, once a second."""

    def quotes(self, instruments: Sequence[Instrument], *, now: datetime) -> dict[UUID, Quote]:
        """Return a quote of each instrument at the whole second of `now`."""
        at = now.astimezone(UTC).replace(microsecond=0)
        seed = settings.SYNTHETIC_MARKET_SEED
        return {
            instrument.id: synthetic_quote(instrument, seed=seed, at=at)
            for instrument in instruments
            if instrument.reference_price is not None
        }


def synthetic_quote(instrument: Instrument, *, seed: int, at: datetime) -> Quote:
    """Return the quote at a whole second: mid on tick, bid and ask half a spread away and on tick, outward."""
    moved = movement(seed=seed, base=instrument.base, symbol=instrument.symbol, second=int(at.timestamp()))
    tick = instrument.tick_size
    mid = max(2, round(float(instrument.reference_price / tick) * (1 + moved)))
    half_spread = to_scaled(instrument.spread, RATE_SCALE)
    bid = mid * (2 * _WHOLE_RATE - half_spread) // (2 * _WHOLE_RATE)
    ask = max(bid + 1, -(-mid * (2 * _WHOLE_RATE + half_spread) // (2 * _WHOLE_RATE)))
    return Quote(instrument_id=instrument.id, bid=tick * bid, ask=tick * ask, last=tick * mid, at=at)


def movement(*, seed: int, base: str, symbol: str, second: int) -> float:
    """Return how far the price is from its reference at a Unix second, as a fraction from −0.1 to 0.1."""
    slow = [size * _wave(f"{seed}|{base}|{period}", period, second) for period, size in SLOW_WAVES]
    fast = [size * _wave(f"{seed}|{symbol}|{period}", period, second) for period, size in FAST_WAVES]
    # Exact before it is rounded: Python's own sum changed its last bit from one version to another.
    return math.fsum(slow + fast)


def _wave(name: str, period: int, second: int) -> float:
    """Return one wave's height from −1 to 1, its phase taken from its name."""
    key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
    step, into = divmod(second + key % period, period)
    share = into / period
    smooth = share * share * (3 - 2 * share)
    before, after = _drawn(key, step), _drawn(key, step + 1)
    return before + (after - before) * smooth


def _drawn(key: int, step: int) -> float:
    """Return a number from −1 to 1 that is random in (key, step): the finaliser of SplitMix64 (Steele et al., 2014)."""
    word = (key + step * 0x9E3779B97F4A7C15) & _WORD
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
    return ((word ^ (word >> 31)) >> 11) / 2**52 - 1
