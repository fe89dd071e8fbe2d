"""What a ticker's prices must be to be believed, whichever venue sent them."""

from dataclasses import dataclass
from decimal import Decimal

# Bid, ask and last that lie further apart than this are no market: a fill at one of them would be a gift.
_WIDEST = Decimal("1.2")


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of one ticker."""

    bid: Decimal
    ask: Decimal
    last: Decimal


def sound_prices(bid: Decimal | None, ask: Decimal | None, last: Decimal | None) -> Prices | None:
    """Return the prices; None where one is missing, bid is above ask, or they lie absurdly apart."""
    if bid is None or ask is None or last is None or bid > ask or ask > bid * _WIDEST:
        return None
    if not bid / _WIDEST <= last <= ask * _WIDEST:
        return None
    return Prices(bid, ask, last)


def wide_prices(bid: Decimal | None, ask: Decimal | None, last: Decimal | None) -> Prices | None:
    """Return the prices of what is only shown, not filled: an option's bid and ask lie far apart."""
    if bid is None or ask is None or last is None or bid > ask:
        return None
    return Prices(bid, ask, last)
