"""How one account sizes what a signal asks: as signalled, always so much, or a multiple of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from core.errors import AppError
from core.exact import WIDE, plain
from trading.sizes import LARGEST_RISK, LARGEST_SHARE, BadSize, Size, SizeMode, format_size, parse_size

LARGEST_MULTIPLIER = Decimal(100)
_AMOUNTS = (SizeMode.BASE, SizeMode.QUOTE)
_LARGEST = {SizeMode.PERCENT_EQUITY: LARGEST_SHARE, SizeMode.RISK: LARGEST_RISK}


class SizeRuleMode(StrEnum):
    """What an account trades: the signal's size, an amount, a share of its equity, a risk to the stop, a multiple."""

    AS_SIGNALLED = "as_signalled"
    FIXED = "fixed"
    PERCENT_EQUITY = "percent_equity"
    RISK = "risk"
    MULTIPLIER = "multiplier"


@dataclass(frozen=True, slots=True)
class SizeRule:
    """`size` stands instead of the signal's, `factor` (above zero) multiplies it; neither leaves it as it is."""

    mode: SizeRuleMode
    size: Size | None = None
    factor: Decimal | None = None

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read `{"mode", "value"}`. Raises BadSize.

        The value of fixed is 0.5 or 100 USDT, of percent_equity and risk a percent (10 or 10%), of multiplier a
        number up to 100; as_signalled has none.
        """
        if not isinstance(data, Mapping) or not {"mode"} <= data.keys() <= {"mode", "value"}:
            raise BadSize("A size mode is an object with a mode and its value.")
        mode, value = _mode(data["mode"]), data.get("value")
        if mode is SizeRuleMode.AS_SIGNALLED:
            if value is not None:
                raise BadSize("as_signalled has no value.")
            return cls(mode)
        if value is None or isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise BadSize(f"{mode.value} needs a value, a number or its text.")
        text = spelt(value).strip()
        if mode is SizeRuleMode.MULTIPLIER:
            return cls(mode, factor=_factor(text))
        return cls(mode, size=_size(mode, text))

    def to_json(self) -> dict[str, str]:
        """Return what `from_json` reads; the two undo each other."""
        if self.factor is not None:
            return {"mode": self.mode.value, "value": f"{plain(self.factor)}"}
        if self.size is not None:
            return {"mode": self.mode.value, "value": format_size(self.size).removeprefix("risk ")}
        return {"mode": self.mode.value}

    def applied_to(self, signalled: Size | None) -> Size | None:
        """Return what the account trades where the signal says `signalled`; None where nobody says.

        Raises BadSize where a multiple is more than the size grammar takes: 1000% of equity, 100% at risk.
        """
        if self.size is not None:
            return self.size
        if self.factor is None or signalled is None:
            return signalled
        value = WIDE.multiply(signalled.value, self.factor)
        if value > _LARGEST.get(signalled.mode, value):
            raise BadSize(f"{format_size(signalled)} × {plain(self.factor)} is more than the desk takes.")
        return Size(signalled.mode, value, signalled.currency)


def spelt(value: object) -> str:
    """Return a number or its text as text; one that is kept as a float is written without an exponent."""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def _mode(value: object) -> SizeRuleMode:
    names = [mode.value for mode in SizeRuleMode]
    if not isinstance(value, str) or value.lower() not in names:
        raise BadSize(f"A size mode is one of {', '.join(names)}.")
    return SizeRuleMode(value.lower())


def _factor(text: str) -> Decimal:
    try:
        read = parse_size(text)
    except AppError as error:
        raise BadSize(f"{text!r} is not a number above zero.") from error
    if read.mode is not SizeMode.BASE or read.value > LARGEST_MULTIPLIER:
        raise BadSize(f"A multiplier is a number above zero, at most {plain(LARGEST_MULTIPLIER)}.")
    return read.value


def _size(mode: SizeRuleMode, text: str) -> Size:
    if mode is SizeRuleMode.FIXED:
        size = parse_size(text)
        if size.mode not in _AMOUNTS:
            raise BadSize("A fixed size is an amount, as in 0.5 or 100 USDT.")
        return size
    percent = text if "%" in text else f"{text}%"
    size = parse_size(f"risk {percent}" if mode is SizeRuleMode.RISK else percent)
    if size.mode.value != mode.value:
        raise BadSize(f"{text!r} is not a percent.")
    return size
