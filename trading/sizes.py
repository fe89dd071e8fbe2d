"""The size grammar: how people and alerts write how much to trade and how far away an exit is."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.errors import Invalid
from core.exact import WIDE, plain

LONGEST_TEXT = 64
MOST_DIGITS = 30
SMALLEST_EXPONENT = -12
LARGEST_EXPONENT = 15
LARGEST_RISK = Decimal(1)
LARGEST_SHARE = Decimal(10)
LARGEST_DISTANCE = Decimal(10)
CURRENCIES = frozenset({"USD", "USDT", "USDC", "FDUSD", "TUSD", "BUSD", "DAI", "EUR", "GBP"})

_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?|[.,]\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"0*[1-9]\d*,\d{3}", re.ASCII)
_AMOUNT = re.compile(r"(.*[^a-z\s])\s*([a-z]+)", re.ASCII | re.IGNORECASE)


class BadSize(Invalid):
    """A text that is not in the size grammar."""

    code = "INVALID_SIZE"


class BadPrice(Invalid):
    """A text that is neither a price nor a distance from the entry."""

    code = "INVALID_PRICE"


class SizeMode(StrEnum):
    """What the number of a size counts."""

    BASE = "base"
    QUOTE = "quote"
    PERCENT_EQUITY = "percent_equity"
    RISK = "risk"


@dataclass(frozen=True, slots=True)
class Size:
    """How much to trade: base units, money in `currency`, or a fraction of equity (0.1 is 10%), always above zero."""

    mode: SizeMode
    value: Decimal
    currency: str | None = None

    def __post_init__(self) -> None:
        if (self.mode is SizeMode.QUOTE) != (self.currency is not None):
            raise ValueError("A size in money, and only that, names its currency.")


@dataclass(frozen=True, slots=True)
class Distance:
    """Where an exit lies: at a `price`, or at a `fraction` of the entry price away from it; exactly one is set."""

    price: Decimal | None = None
    fraction: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.price is None) == (self.fraction is None):
            raise ValueError("A distance is either a price or a fraction.")


def parse_size(text: str | int | Decimal) -> Size:
    """Return the size that `text` asks for: 0.5, 100 USDT, 10% of equity as margin, or risk 1%.

    Percents become fractions. A decimal comma is read; what may be a thousands separator is not.
    Raises BadSize, also for zero, negatives, NaN, more than 1000% of equity and more than 100% at risk.
    """
    asked = _text(text, "size", BadSize)
    if asked.lower().startswith("risk"):
        return Size(SizeMode.RISK, _fraction(asked[4:].strip(), asked, LARGEST_RISK, BadSize))
    if "%" in asked:
        return Size(SizeMode.PERCENT_EQUITY, _fraction(asked, asked, LARGEST_SHARE, BadSize))
    if "$" in asked:
        number = asked[1:] if asked.startswith("$") else asked[:-1]
        return Size(SizeMode.QUOTE, _number(number.strip(), asked, BadSize), "USD")
    amount = _AMOUNT.fullmatch(asked)
    if amount and amount[2].upper() in CURRENCIES:
        return Size(SizeMode.QUOTE, _number(amount[1], asked, BadSize), amount[2].upper())
    return Size(SizeMode.BASE, _number(asked.removeprefix("@").strip(), asked, BadSize))


def format_size(size: Size) -> str:
    """Return `size` in the grammar that `parse_size` reads; the two undo each other."""
    match size.mode:
        case SizeMode.BASE:
            return f"{plain(size.value)}"
        case SizeMode.QUOTE:
            return f"{plain(size.value)} {size.currency}"
        case SizeMode.PERCENT_EQUITY:
            return f"{plain(size.value.scaleb(2, WIDE))}%"
        case SizeMode.RISK:
            return f"risk {plain(size.value.scaleb(2, WIDE))}%"


def parse_distance(text: str | int | Decimal) -> Distance:
    """Return what a stop-loss or take-profit asks for: a bare number is a price, 2% a fraction (0.02) of the entry.

    Raises BadPrice, also for zero, negatives, NaN and more than 1000%.
    """
    asked = _text(text, "price", BadPrice)
    if "%" in asked:
        return Distance(fraction=_fraction(asked, asked, LARGEST_DISTANCE, BadPrice))
    return Distance(price=_number(asked, asked, BadPrice))


def format_distance(distance: Distance) -> str:
    """Return `distance` as the text that `parse_distance` reads; the two undo each other."""
    if distance.fraction is not None:
        return f"{plain(distance.fraction.scaleb(2, WIDE))}%"
    return f"{plain(distance.price)}"


def parse_price(text: str | int | Decimal) -> Decimal:
    """Return a bare price in quote currency, above zero. Raises BadPrice."""
    asked = _text(text, "price", BadPrice)
    return _number(asked, asked, BadPrice)


def _text(value: object, noun: str, refusal: type[Invalid]) -> str:
    if not isinstance(value, str | int | Decimal):
        raise refusal(f"A {noun} is text or an exact number, not {type(value).__name__}.")
    # Python takes seconds, or refuses with an error of its own, to print an int of many thousand digits.
    if isinstance(value, int) and value.bit_length() > 256:
        raise refusal(f"The {noun} is too large.")
    text = str(value).strip()
    if not text:
        raise refusal(f"The {noun} is empty.")
    if len(text) > LONGEST_TEXT:
        raise refusal(f"The {noun} is longer than {LONGEST_TEXT} characters.")
    if not text.isprintable():
        raise refusal(f"The {noun} holds characters that cannot be printed.")
    return text


def _fraction(percent: str, asked: str, largest: Decimal, refusal: type[Invalid]) -> Decimal:
    if percent.startswith("%"):
        number = percent[1:]
    elif percent.endswith("%"):
        number = percent[:-1]
    else:
        raise refusal(f"{asked!r} needs a percent, as in risk 1% or 10%.")
    fraction = _number(number.strip(), asked, refusal).scaleb(-2, WIDE)
    if fraction > largest:
        raise refusal(f"{asked!r} is more than {plain(largest.scaleb(2, WIDE))}%.")
    return fraction


def _number(text: str, asked: str, refusal: type[Invalid]) -> Decimal:
    if text.startswith("-"):
        raise refusal(f"{asked!r} is not above zero.")
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise refusal(_why_no_number(asked, refusal))
    if _THOUSANDS.fullmatch(match[1]):
        raise refusal(f"{asked!r} may mean thousands or a decimal comma: write it with a point, or without a comma.")
    number = Decimal(text.replace(",", "."))
    if not number:
        raise refusal(f"{asked!r} is not above zero.")
    if number.adjusted() > LARGEST_EXPONENT:
        raise refusal(f"{asked!r} is too large.")
    if number.adjusted() < SMALLEST_EXPONENT or len(number.as_tuple().digits) > MOST_DIGITS:
        raise refusal(f"{asked!r} has too many decimals.")
    return number


def _why_no_number(asked: str, refusal: type[Invalid]) -> str:
    if "," in asked and not any(letter.isalpha() for letter in asked):
        return f"{asked!r} holds a thousands separator: write 1000.5 instead of 1,000.5."
    if refusal is BadSize:
        return f"{asked!r} is not a size: write 0.5 for units, 100 USDT, 10% of equity or risk 1%."
    return f"{asked!r} is not a price or a percent."
