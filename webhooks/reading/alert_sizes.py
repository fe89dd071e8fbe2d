"""How much an alert asks for: which of its size fields counts, and which ones do not say clearly what they count."""

import re
from collections.abc import Callable, Mapping, Sequence

from trading.sizes import BadSize, Size, SizeMode, parse_size
from webhooks.reading.alerts import Side
from webhooks.reading.fields import Entry, Found, agreed, shown
from webhooks.reading.intents import Intent
from webhooks.reading.json_alert import bare_name
from webhooks.reading.synonyms import SIZES, Field

_DIGIT = re.compile(r"\d", re.ASCII)
_NUMBERS = frozenset({"nan", "inf", "infinity"})
_MODES: Mapping[str, SizeMode] = {
    **dict.fromkeys(("base", "unit", "units", "contracts", "quantity", "qty"), SizeMode.BASE),
    **dict.fromkeys(("quote", "usd", "usdt", "usdc", "cash"), SizeMode.QUOTE),
    **dict.fromkeys(("percent", "percents", "percentequity", "percentofequity"), SizeMode.PERCENT_EQUITY),
    "risk": SizeMode.RISK,
}


def read_size(found: Found, intent: Intent) -> Size | None:
    """Return the size of what the alert opens; None leaves it to the bot, and on a close, which takes all there is.

    Raises Unreadable: INVALID_SIZE, NOT_FINITE, CONFLICTING_FIELDS.
    """
    if intent.side is Side.CLOSE:
        _refuse_part(found, intent)
        return None
    sized = [entry for entry in found.all(*SIZES) if not _is_word(entry)]
    if sized:
        return _size(found, intent, [entry for entry in sized if entry.depth == sized[0].depth])
    position_sizes = [entry for entry in found.nearest(Field.POSITION_SIZE) if not _is_word(entry)]
    if position_sizes:
        return agreed(position_sizes, lambda entry: _of_position(entry, intent))
    for entry in found.all(Field.UNCLEAR_SIZE):
        raise entry.refused("does not say what it counts: write size as 0.5 for units, 100 USDT, 10% or risk 1%")
    for entry in found.all(*SIZES, Field.POSITION_SIZE):
        raise entry.refused(f"says {shown(entry.text)}, which is not a size")
    return None


def _size(found: Found, intent: Intent, entries: Sequence[Entry]) -> Size | None:
    size = agreed(entries, lambda entry: entry.number(_PARSERS[entry.meaning]))
    for entry in found.all(Field.SIZE_TYPE):
        if size and _MODES.get(bare_name(entry.text)) is not size.mode:
            raise entry.refused(f"says {shown(entry.text)}, but {entries[0]}: write size as 0.5, 100 USDT or 10%")
    if intent.turns_position and all(entry.meaning is Field.QUANTITY for entry in entries):
        return _of_new_side(found, entries[0])
    return size


def _of_new_side(found: Found, entry: Entry) -> Size | None:
    """TradingView's order that turns a position counts the old side too; the new position's size is what is opened."""
    size = agreed(found.all(Field.MARKET_POSITION_SIZE), lambda entry: entry.number(_units))
    if size is None:
        raise entry.refused("counts the close of the old position too: add market_position_size, or write size")
    return size


def _of_position(entry: Entry, intent: Intent) -> Size:
    """`position_size` is what the strategy holds after the order, below zero for a short."""
    if intent.opens_position:
        sign = "-" if intent.side is Side.SELL else ""
        return entry.number(lambda text: _units(text.removeprefix(sign)))
    size = entry.number(parse_size)
    if size.mode is SizeMode.BASE:
        raise entry.refused("is the size of the position after the order, not of the order: write size")
    return size


def _refuse_part(found: Found, intent: Intent) -> None:
    if not intent.reduces or intent.now == "flat":
        return
    for entry in found.all(*SIZES):
        if entry.text.replace(" ", "") not in {"100%", "%100"}:
            raise entry.refused("may close a part of the position, which an alert cannot do here: leave it out")


def _is_word(entry: Entry) -> bool:
    """Whether a strategy's field holds a word, as in a template that was filled in wrongly, and so says nothing."""
    said_by_strategy = entry.meaning in {Field.QUANTITY, Field.POSITION_SIZE}
    return said_by_strategy and not _DIGIT.search(entry.text) and entry.text.lstrip("+-").lower() not in _NUMBERS


def _units(text: str) -> Size:
    size = parse_size(text)
    if size.mode is not SizeMode.BASE:
        raise BadSize(f"{shown(text)} is not a plain number of units.")
    return size


def _units_or_money(text: str) -> Size:
    size = parse_size(text)
    if size.mode is SizeMode.BASE and not text.startswith("@"):
        raise BadSize(f"{shown(text)} may count units or money: write @0.5 for units, or $100.")
    return size


def _percent(text: str) -> str:
    if "%" not in text:
        if _units(text).value < 1:
            raise BadSize(f"{shown(text)} may be a percent or a fraction: write it with a percent sign.")
        return f"{text}%"
    return text


_PARSERS: Mapping[Field, Callable[[str], Size]] = {
    Field.SIZE: parse_size,
    Field.AMOUNT: _units_or_money,
    Field.QUANTITY: _units,
    Field.RISK_PERCENT: lambda text: parse_size(f"risk {_percent(text)}"),
    Field.EQUITY_PERCENT: lambda text: parse_size(_percent(text)),
}
