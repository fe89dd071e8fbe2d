"""What one market did between two looks: where bid and ask began, how far they went, where they ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from market.models import Instrument
from market.sources.base import Quote


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Quotes of one instrument as one: `first` and `last` of them, and the lowest and highest bid and ask.

    `opened_at` is when the span of them began: what waits for a price only since later cannot be met by the lowest
    and the highest, for nobody knows when they were. `direction` is +1 for who buys and is asked, -1 for who sells and
    is bid.
    """

    instrument: Instrument
    opened_at: datetime
    first: Quote
    last: Quote
    low_bid: Decimal
    low_ask: Decimal
    high_bid: Decimal
    high_ask: Decimal

    @classmethod
    def of(cls, instrument: Instrument, quotes: Sequence[Quote]) -> Self:
        """Return the range of quotes, at least one, in the order of their time."""
        bids, asks = [quote.bid for quote in quotes], [quote.ask for quote in quotes]
        return cls(instrument, quotes[0].at, quotes[0], quotes[-1], min(bids), min(asks), max(bids), max(asks))

    @classmethod
    def of_candle(
        cls,
        instrument: Instrument,
        *,
        prices: tuple[Decimal, Decimal, Decimal, Decimal],
        opened_at: datetime,
        closed_at: datetime,
    ) -> Self:
        """Return the range of a closed candle's open, high, low and close, half the instrument's spread around each."""
        quotes = [_around(price, instrument, closed_at) for price in prices]
        opened, *_, closed = quotes
        lows, highs = min(quotes, key=lambda quote: quote.bid), max(quotes, key=lambda quote: quote.ask)
        return cls(instrument, opened_at, opened, closed, lows.bid, lows.ask, highs.bid, highs.ask)

    def first_for(self, direction: int) -> Decimal:
        """Return the first price that a taker of this direction was quoted."""
        return self.first.ask if direction > 0 else self.first.bid

    def low_for(self, direction: int) -> Decimal:
        """Return the lowest price that a taker of this direction was quoted."""
        return self.low_ask if direction > 0 else self.low_bid

    def high_for(self, direction: int) -> Decimal:
        """Return the highest price that a taker of this direction was quoted."""
        return self.high_ask if direction > 0 else self.high_bid

    def meets_since(self, armed_at: datetime | None) -> bool:
        """Say whether these prices may meet what has waited for them since `armed_at`: since before they began."""
        return armed_at is not None and armed_at <= self.opened_at

    def at(self, price: Decimal) -> Quote:
        """Return a quote of exactly `price` on both sides, of the time of the last one."""
        return Quote(self.instrument.id, price, price, price, self.last.at)


def _around(price: Decimal, instrument: Instrument, at: datetime) -> Quote:
    half = price * instrument.spread / 2
    return Quote(instrument.id, price - half, price + half, price, at)
