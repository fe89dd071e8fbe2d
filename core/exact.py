"""Exact decimals: the scales of the desk, what is refused at the door, how a number is printed."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

MONEY_SCALE = 8
QUANTITY_SCALE = 8
PRICE_SCALE = 10
RATE_SCALE = 10
LARGEST_SCALED = 2**63 - 1
_MONEY_STEP = Decimal(1).scaleb(-MONEY_SCALE)
_LONGEST_SHOWN = 60

# Wide enough that no product of two stored numbers is ever rounded by the context.
WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)


class NotExact(ValueError):
    """A number that cannot be stored as it is: not finite, too many decimals, or too large."""


def exact(value: object) -> Decimal:
    """Return `value` as a finite Decimal, made from its text; floats are refused. Raises NotExact."""
    if type(value) is Decimal and value.is_finite():
        return value
    if isinstance(value, bool | float):
        raise NotExact(f"{_short(value)} is not an exact number.")
    # Decimal itself reads 1_000 and the digits of every script; a program that sends those means something else.
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise NotExact(f"{_short(value)} is not a number.")
    try:
        number = Decimal(value) if isinstance(value, Decimal | int) else Decimal(str(value))
    except InvalidOperation as error:
        raise NotExact(f"{_short(value)} is not a number.") from error
    if not number.is_finite():
        raise NotExact(f"{_short(number)} is not a finite number.")
    return number


def to_scaled(value: object, scale: int) -> int:
    """Return `value` as a whole number of 10^-scale units. Raises NotExact where digits would be lost."""
    number = exact(value)
    if number and number.adjusted() > 30:
        raise NotExact(f"{_short(number)} is too large.")
    whole = int(number.scaleb(scale, WIDE))
    # Compared with the number itself: the scaled one was rounded to the digits of the context.
    if from_scaled(whole, scale) != number:
        raise NotExact(f"{_short(number)} has more than {scale} decimals.")
    if abs(whole) > LARGEST_SCALED:
        raise NotExact(f"{_short(number)} is too large.")
    return whole


def from_scaled(whole: int, scale: int) -> Decimal:
    """Return the Decimal that `to_scaled` made `whole` from, with exactly `scale` decimals."""
    return Decimal(whole).scaleb(-scale, WIDE)


def to_money(value: Decimal) -> Decimal:
    """Round to the money scale, half to even: the one rounding of fees, PnL and costs."""
    return value.quantize(_MONEY_STEP, rounding=ROUND_HALF_EVEN, context=WIDE)


def plain(value: Decimal | None, *, decimals: int | None = None) -> str | None:
    """Return a decimal without exponent and without trailing zeros ("0.5", "100"); None stays None.

    With `decimals`, rounded to so many, half to even.
    """
    if value is None:
        return None
    text = format(value, "f" if decimals is None else f".{decimals}f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def decimals_of(step: Decimal) -> int:
    """Return how many decimals a whole multiple of `step` has at most: 1 of 0.10, 0 of 5."""
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _short(value: object) -> str:
    """Return a value as a sentence may hold it: what was sent may be a megabyte."""
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
