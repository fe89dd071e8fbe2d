"""A bot's settings: what the JSON in `config` means, its defaults, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self, TypeVar

from core.errors import AppError, Invalid
from trading.decisions import DEFAULT_RULES, OnOpposite, Rules
from trading.sizes import format_size, parse_size

T = TypeVar("T")

LARGEST_LEVERAGE = 100
LONGEST_LAG_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class BotConfig:
    """`position_size` is text in the size grammar, empty where every alert must bring its own.

    `max_lag` is in seconds: an alert that was fired longer ago is stored and not traded.
    """

    leverage: int = 1
    position_size: str = ""
    max_lag: int = 60
    rules: Rules = DEFAULT_RULES

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read and check the known keys; others are left alone. Raises Invalid naming each wrong one."""
        reader = _Reader(data)
        config = cls(
            leverage=reader.whole("leverage", default=1, most=LARGEST_LEVERAGE),
            position_size=reader.size("position_size"),
            max_lag=reader.whole("max_lag", default=60, most=LONGEST_LAG_SECONDS),
            rules=Rules(
                on_opposite=reader.on_opposite(),
                pyramiding=reader.flag("pyramiding", default=False),
                allow_shorts=reader.flag("allow_shorts", default=True),
            ),
        )
        reader.raise_errors()
        return config


def _spelt(value: object) -> str:
    """Return a size as text; a number that is kept as a float is written without an exponent."""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


@dataclass(slots=True)
class _Reader:
    """Reads one key at a time and remembers what is wrong with it."""

    data: Mapping[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)

    def whole(self, name: str, *, default: int, most: int) -> int:
        value = self.data.get(name, default)
        text = str(value)
        is_whole = not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) < 10
        if is_whole and 1 <= int(text) <= most:
            return int(text)
        return self._refuse(name, f"{name} is a whole number from 1 to {most}.", default)

    def size(self, name: str) -> str:
        value = self.data.get(name)
        if value is None or value == "":
            return ""
        try:
            return format_size(parse_size(_spelt(value)))
        except AppError as error:
            return self._refuse(name, error.message, "")

    def on_opposite(self) -> OnOpposite:
        value = str(self.data.get("on_opposite", OnOpposite.REVERSE)).lower()
        names = [choice.value for choice in OnOpposite]
        if value in names:
            return OnOpposite(value)
        return self._refuse("on_opposite", f"on_opposite is one of {', '.join(names)}.", OnOpposite.REVERSE)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.data.get(name, default)
        return value if isinstance(value, bool) else self._refuse(name, f"{name} is true or false.", default)

    def raise_errors(self) -> None:
        if self.errors:
            named = {f"config.{name}": lines for name, lines in self.errors.items()}
            raise Invalid(next(iter(named.values()))[0], errors=named)

    def _refuse(self, name: str, sentence: str, default: T) -> T:
        self.errors[name] = [sentence]
        return default
