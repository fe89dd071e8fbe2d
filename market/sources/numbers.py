"""What counts as a number in what a venue sends: plain digits in a text, that the desk can keep exactly.

Venues send numbers as texts, "" where there is none. A sign, an exponent, a float or NaN is no number of theirs.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.exact import PRICE_SCALE, NotExact, to_scaled

_PLAIN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,20})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 10**14


def amount(text: Any, scale: int) -> Decimal | None:
    """Return a number of 0 or more that fits the scale; None where there is none."""
    if not isinstance(text, str) or not _PLAIN.fullmatch(text):
        return None
    number = Decimal(text)
    try:
        to_scaled(number, scale)
    except NotExact:
        return None
    return number


def price(text: Any) -> Decimal | None:
    """Return a price, more than 0; None where there is none."""
    return amount(text, PRICE_SCALE) or None


def moment(milliseconds: Any) -> datetime | None:
    """Return the moment of whole milliseconds since 1970; None where that is none, 0 included."""
    if type(milliseconds) is not int or not 0 < milliseconds < _LATEST_MS:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)
