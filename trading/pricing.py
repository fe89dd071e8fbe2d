"""What an order would be filled at and cost, on a given quote: the engine fed with an instrument's rates."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from core.exact import to_money
from market.models import Instrument
from market.quotes import Quote
from trading.engine.money import commission
from trading.engine.noise import draw, noise
from trading.engine.prices import (
    CAP_MILLIONTHS,
    NOISE_MILLIONTHS,
    PER_UNIT_MILLIONTHS,
    market_fill_price,
    slippage,
)

SLIPPAGE_PER_UNIT = Decimal(PER_UNIT_MILLIONTHS) / 1_000_000
SLIPPAGE_CAP = Decimal(CAP_MILLIONTHS) / 1_000_000
NOISE_SPAN = Decimal(NOISE_MILLIONTHS) / 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FillTerms:
    """Price per base unit, notional and commission in quote currency, the fraction slipped."""

    price: Decimal
    notional: Decimal
    commission: Decimal
    slipped: Decimal


def market_fill(
    *, instrument: Instrument, quote: Quote, direction: int, quantity: Decimal, seed: int, leg: int
) -> FillTerms:
    """Return the terms of a market fill on paper; the same arguments always give the same terms."""
    slipped: Decimal = Decimal(0) + slippage(
        instrument.slippage,
        quantity,
        instrument.size_unit,
        SLIPPAGE_PER_UNIT,
        slippage_noise(seed=seed, symbol=instrument.symbol, quote=quote, leg=leg),
        SLIPPAGE_CAP,
    )
    quoted = quote.ask if direction > 0 else quote.bid
    price = market_fill_price(direction, quoted, slipped, instrument.tick_size)
    return fill_at(price, instrument=instrument, quantity=quantity, slipped=slipped)


def fill_at(price: Decimal, *, instrument: Instrument, quantity: Decimal, slipped: Decimal = Decimal(0)) -> FillTerms:
    """Return the terms of a fill at exactly `price`."""
    notional = to_money(price * quantity)
    fee = to_money(commission(notional, instrument.commission_rate, instrument.min_commission))
    return FillTerms(price, notional, fee, slipped)


def at_once(instrument: Instrument, quantity: Decimal) -> Decimal:
    """Return how much of an order one quote fills: all of it, or the instrument's liquidity."""
    return quantity if instrument.liquidity is None else min(quantity, instrument.liquidity)


def slippage_noise(*, seed: int, symbol: str, quote: Quote, leg: int) -> Decimal:
    """Return the noise of one fill, uniform within ±NOISE_SPAN: drawn from seed, instrument, time of quote and leg.

    The instrument counts as the CRC-32 of its symbol, the time in whole milliseconds: backtests draw the same.
    """
    milliseconds = (quote.at - EPOCH) // timedelta(milliseconds=1)
    drawn = draw(seed, zlib.crc32(symbol.encode()), milliseconds, leg)
    return Decimal(0) + noise(NOISE_SPAN, drawn)
