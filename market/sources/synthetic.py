"""A market that moves by itself, offline: the price is a pure function of seed, names and second.

Every process computes the same price and nothing is stored. Around the reference price lie waves of noise
(`synthetic_waves`); a price is a whole number of ticks.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from core.exact import RATE_SCALE, to_scaled
from market.models import Instrument
from market.sources.base import Quote
from market.sources.synthetic_waves import movement

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
