"""A bot's settings: what the JSON in `config` means, its defaults, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from uuid import UUID

from core.errors import AppError, Invalid
from trading.decisions import DEFAULT_RULES, OnOpposite, Rules
from trading.size_rules import SizeRule, spelt
from trading.sizes import format_distance, format_size, parse_distance, parse_size

T = TypeVar("T")

LARGEST_LEVERAGE = 100
LONGEST_LAG_SECONDS = 86_400
LONGEST_SILENCE_SECONDS = 31 * 86_400
MOST_SYMBOLS = 50
LONGEST_SYMBOL = 64


@dataclass(frozen=True, slots=True)
class BotConfig:
    """`position_size` is text in the size grammar, empty where every alert must bring its own.

    `max_lag` is in seconds: an alert that was fired longer ago is stored and not traded. `allowed_symbols` are the
    markets of the bot's coin that alerts may name, all where there are none. `account_sizes` says which accounts size
    their orders in a way of their own, whatever the alert or `position_size` says. With `follow_target` an alert that
    does not fit what came before brings every account to where its strategy stands now. `expected_every` is in
    seconds: an active bot that hears nothing for longer raises an alert; 0 where silence is nothing special.
    `stop_loss` and `take_profit` are percents of the entry as text, empty where there is none: the exits of what the
    bot's own strategy opens, for an alert brings its own. `max_lag` counts from the close of a strategy's candle.
    """

    leverage: int = 1
    position_size: str = ""
    max_lag: int = 60
    rules: Rules = DEFAULT_RULES
    allowed_symbols: tuple[str, ...] = ()
    account_sizes: Mapping[UUID, SizeRule] = field(default_factory=dict)
    follow_target: bool = False
    expected_every: int = 0
    stop_loss: str = ""
    take_profit: str = ""

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
            allowed_symbols=reader.symbols("allowed_symbols"),
            account_sizes=reader.account_sizes("account_sizes"),
            follow_target=reader.flag("follow_target", default=False),
            expected_every=reader.seconds("expected_every"),
            stop_loss=reader.percent("stop_loss"),
            take_profit=reader.percent("take_profit"),
        )
        reader.raise_errors()
        return config


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

    def seconds(self, name: str) -> int:
        return self.whole(name, default=0, most=LONGEST_SILENCE_SECONDS) if name in self.data else 0

    def size(self, name: str) -> str:
        value = self.data.get(name)
        if value is None or value == "":
            return ""
        try:
            return format_size(parse_size(spelt(value)))
        except AppError as error:
            return self._refuse(name, error.message, "")

    def percent(self, name: str) -> str:
        """Read a distance from the entry; a price would be that of one trade, and the bot makes many."""
        value = self.data.get(name)
        if value is None or value == "":
            return ""
        try:
            distance = parse_distance(spelt(value))
        except AppError as error:
            return self._refuse(name, error.message, "")
        if distance.fraction is None:
            return self._refuse(name, f"{name} is a percent of the entry, as in 2%; a price is an alert's.", "")
        if name == "stop_loss" and distance.fraction >= 1:
            return self._refuse(name, "stop_loss is less than 100 percent: a stop is at a price.", "")
        return format_distance(distance)

    def on_opposite(self) -> OnOpposite:
        value = str(self.data.get("on_opposite", OnOpposite.REVERSE)).lower()
        names = [choice.value for choice in OnOpposite]
        if value in names:
            return OnOpposite(value)
        return self._refuse("on_opposite", f"on_opposite is one of {', '.join(names)}.", OnOpposite.REVERSE)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.data.get(name, default)
        return value if isinstance(value, bool) else self._refuse(name, f"{name} is true or false.", default)

    def symbols(self, name: str) -> tuple[str, ...]:
        value = self.data.get(name)
        if value is None:
            return ()
        if isinstance(value, list) and len(value) <= MOST_SYMBOLS and all(_may_be_symbol(each) for each in value):
            return tuple(value)
        return self._refuse(name, f"{name} is a list of at most {MOST_SYMBOLS} symbols.", ())

    def account_sizes(self, name: str) -> Mapping[UUID, SizeRule]:
        value, rules = self.data.get(name), dict[UUID, SizeRule]()
        if value is None:
            return rules
        if not isinstance(value, Mapping):
            return self._refuse(name, f"{name} is an object: of each account's id, its size mode.", rules)
        for key, rule in value.items():
            try:
                account_id, read = UUID(key), SizeRule.from_json(rule)
            except ValueError:
                self._refuse(f"{name}.{key}", f"{key!r} is not the id of an account.", None)
            except AppError as error:
                self._refuse(f"{name}.{key}", error.message, None)
            else:
                if account_id in rules:
                    self._refuse(f"{name}.{key}", f"{key!r} is an account that is named already.", None)
                rules[account_id] = read
        return rules

    def raise_errors(self) -> None:
        if self.errors:
            named = {f"config.{name}": lines for name, lines in self.errors.items()}
            raise Invalid(next(iter(named.values()))[0], errors=named)

    def _refuse(self, name: str, sentence: str, default: T) -> T:
        self.errors[name] = [sentence]
        return default


def _may_be_symbol(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_SYMBOL
