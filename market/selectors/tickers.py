"""What a screen shows of an instrument's price."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.errors import Unavailable
from market.models import Instrument
from market.quotes import Quote, is_stale


class NoQuote(Unavailable):
    """The instrument's source has no price of it now."""

    code = "NO_QUOTE"

    def __init__(self, symbol: str) -> None:
        super().__init__(f"There is no price of {symbol} at the moment.")
        self.symbol = symbol


@dataclass(frozen=True, slots=True)
class Ticker:
    """What a screen shows of one instrument: prices in quote currency, `timestamp` the quote's own."""

    symbol: str
    price: Decimal
    bid: Decimal
    ask: Decimal
    timestamp: datetime
    age_seconds: float
    stale: bool


def ticker_of(instrument: Instrument, quote: Quote | None, *, now: datetime) -> Ticker:
    """Return the price of an instrument as its newest quote tells it, and how old that is. Raises NoQuote."""
    if quote is None:
        raise NoQuote(instrument.symbol)
    return Ticker(
        symbol=instrument.symbol,
        price=quote.last,
        bid=quote.bid,
        ask=quote.ask,
        timestamp=quote.at,
        age_seconds=round(quote.age_seconds(now), 3),
        stale=is_stale(quote, instrument, now=now),
    )
