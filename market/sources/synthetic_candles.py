"""Candles of the synthetic market: what its price did in each minute, second by second. Computed, never stored.

The four prices are those of `synthetic_quote` to the bit. The volume is made up: a number drawn for the minute, from
a tenth to ten times the size that slips a thousandth, so that it looks like a market's and adds up.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

import numpy as np
from django.conf import settings
from django.utils import timezone

from core.clock import Clock
from market.candles.making import joined_series, made_of
from market.candles.series import CandleSeries, Floats
from market.intervals import Interval
from market.models import Instrument
from market.sources.base import FetchedCandles
from market.sources.synthetic_waves import drawn_of_each, key_of, movements

# Before it there are no candles: without a first one nobody could count them.
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
# What is worked on at once stays in a processor's cache.
_PIECE = 10 * _HOUR
# Days whose hours are remembered: 2 kB each.
_DAYS = 8_192


@dataclass(frozen=True, slots=True)
class SyntheticMarket:
    """What the prices of one instrument are computed from."""

    seed: int
    base: str
    symbol: str
    reference_price: Decimal
    tick_size: Decimal
    size_unit: Decimal


def market_of(instrument: Instrument) -> SyntheticMarket | None:
    """Return what an instrument's prices are computed from; None where it has no reference price."""
    if instrument.reference_price is None:
        return None
    return SyntheticMarket(
        seed=settings.SYNTHETIC_MARKET_SEED,
        base=instrument.base,
        symbol=instrument.symbol,
        reference_price=instrument.reference_price,
        tick_size=instrument.tick_size,
        size_unit=instrument.size_unit,
    )


class SyntheticCandles:
    """Gives the candles of instruments that have a reference price, for who wants to store them."""

    most_candles = 10_000

    def __init__(self, *, clock: Clock = timezone.now) -> None:
        self._clock = clock

    def intervals(self, instrument: Instrument) -> frozenset[Interval]:
        """Return all intervals; none where the instrument has no reference price."""
        return frozenset(Interval) if market_of(instrument) else frozenset()

    def candles(self, instrument: Instrument, interval: Interval, *, start: datetime, end: datetime) -> FetchedCandles:
        """Return the closed candles that open from `start` to before `end`, the last `most_candles` of them."""
        market = market_of(instrument)
        stop = min(interval.first_from(end), interval.number_at(int(self._clock().timestamp())))
        first = max(interval.first_from(start), interval.first_from(BEGINNING), stop - self.most_candles)
        if market is None or first >= stop:
            return FetchedCandles(CandleSeries.empty(interval), skipped=0)
        return FetchedCandles(synthetic_candles(market, interval, first=first, end=stop), skipped=0)


def synthetic_candles(market: SyntheticMarket, interval: Interval, *, first: int, end: int) -> CandleSeries:
    """Return the candles whose numbers are from `first` to before `end`, whether their time has come or not."""
    seconds = interval.opens_at(first), interval.opens_at(end)
    if seconds[0] >= seconds[1]:
        return CandleSeries.empty(interval)
    if interval.seconds < _HOUR:
        minutes = _minutes(market, *seconds)
        return minutes if interval is Interval.M1 else made_of(minutes, interval)
    days = range(seconds[0] // _DAY, -(-seconds[1] // _DAY))
    hours = joined_series([_hours(market, day) for day in days])
    inside = slice(*np.searchsorted(hours.opened_at, [second * 1_000 for second in seconds]).tolist())
    cut = hours.cut(inside)
    return cut if interval is Interval.H1 else made_of(cut, interval)


@lru_cache(maxsize=_DAYS)
def _hours(market: SyntheticMarket, day: int) -> CandleSeries:
    return made_of(_minutes(market, day * _DAY, (day + 1) * _DAY), Interval.H1)


def _minutes(market: SyntheticMarket, start: int, end: int) -> CandleSeries:
    edges = [*range(start, end, _PIECE), end]
    moved = np.concatenate([_moved(market, first, stop - first) for first, stop in pairwise(edges)], axis=1)
    opened_at = np.arange(start, end, _MINUTE, dtype=np.int64) * 1_000
    first, high, low, last = _prices(market, moved)
    volume = _volumes(market, first=start // _MINUTE, count=len(opened_at))
    return CandleSeries(Interval.M1, opened_at, first, high, low, last, volume)


def _moved(market: SyntheticMarket, first: int, count: int) -> Floats:
    """Return the movement at open, high, low and close of each minute, (4, minutes)."""
    moved = movements(seed=market.seed, base=market.base, symbol=market.symbol, first=first, count=count)
    by_minute = moved.reshape(-1, _MINUTE)
    return np.stack([by_minute[:, 0], by_minute.max(axis=1), by_minute.min(axis=1), by_minute[:, -1]])


def _prices(market: SyntheticMarket, moved: Floats) -> Floats:
    """Return movements as prices. A larger movement is never a lower price, so high and low may be rounded last."""
    ticks = np.maximum(2, np.rint(float(market.reference_price / market.tick_size) * (1 + moved)))
    numerator, denominator = market.tick_size.as_integer_ratio()
    return np.asarray(ticks * numerator / denominator)  # one rounding, as a Decimal that becomes a float has


def _volumes(market: SyntheticMarket, *, first: int, count: int) -> Floats:
    share = (drawn_of_each(key_of(f"{market.seed}|{market.symbol}|volume"), first=first, count=count) + 1) / 2
    return np.asarray(np.rint(10 + 990 * share * share) * float(market.size_unit) / 100)
