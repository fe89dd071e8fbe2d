"""TradingView's default message of a strategy: an order that was filled, and the position that it led to.

"MyStrategy (9, 26): order buy @ 0.5 filled on BINANCE:BTCUSDT. New strategy position is 0.5"

What stands before the order on its line is the strategy's name, whatever it says.
"""

import re
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from trading.sizes import parse_price
from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.fields import refuse_placeholder
from webhooks.reading.text_fields import fields_of, holds_fields, named_in

_NUMBER = r"(?:\d[\d.,]{0,39}|\.\d[\d.,]{0,38})(?:e[+-]?\d{1,3})?"
_GAP = r"\s{1,8}"
_ORDER = re.compile(
    rf"(?<!\w)order{_GAP}(buy|sell){_GAP}@\s{{0,8}}({_NUMBER})(?:{_GAP}for{_GAP}({_NUMBER}))?"
    rf"{_GAP}filled{_GAP}on{_GAP}([^\s@]{{1,64}}?)(?:{_GAP}at{_GAP}(\S{{1,40}}?))?"
    rf"\.{_GAP}New{_GAP}strategy{_GAP}position{_GAP}is{_GAP}([-+\N{{MINUS SIGN}}]?{_NUMBER})(?![\w%])",
    re.ASCII | re.IGNORECASE,
)
_PIECE = re.compile(
    rf"(?<!\w)(?:order{_GAP}(?:buy|sell){_GAP}@|filled{_GAP}on(?!\w)|new{_GAP}strategy{_GAP}position)",
    re.ASCII | re.IGNORECASE,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?|\d{1,3},\d{3}\.\d+", re.ASCII)
_ZERO = re.compile(r"[0.,]+(?:e.*)?", re.ASCII | re.IGNORECASE)


def tells_of_order(text: str) -> bool:
    """Whether `text` is TradingView's message of an order, or holds a piece of one."""
    return _PIECE.search(text) is not None


def read_order(text: str) -> dict[str, Any]:
    """Return the message as the fields of an alert, the order's under `strategy`: what a line adds goes before it.

    Raises Unreadable: UNCLEAR_TEXT, INVALID_SIZE, UNRESOLVED_PLACEHOLDER, DUPLICATE_FIELD.
    """
    order = _only_order(text)
    added = _before(text[: order.start()]) + "\n" + text[order.end() :].lstrip(" \t.,")
    return fields_of(added) | {"strategy": _order(order)}


def _only_order(text: str) -> re.Match[str]:
    orders = list(_ORDER.finditer(text))
    if len(orders) == 1:
        return orders[0]
    if orders:
        raise Unreadable(Reason.UNCLEAR_TEXT, "The text tells of more than one order: send one alert for each.")
    refuse_placeholder(text)
    raise Unreadable(
        Reason.UNCLEAR_TEXT,
        "The text tells of an order, but not in TradingView's words: order buy @ 0.5 filled on BTCUSDT."
        " New strategy position is 0.5.",
    )


def _order(found: re.Match[str]) -> dict[str, str]:
    side, first, last, symbol, moment, position = found.groups(default="")
    order = {"order_action": side, "ticker": symbol, "order_contracts": _plain(last or first)}
    if last:
        order["order_price"] = _plain(first)
    if moment:
        order["timestamp"] = moment
    return order | _positions(side.lower(), order["order_contracts"], position.replace("\N{MINUS SIGN}", "-"))


def _positions(side: str, contracts: str, position: str) -> dict[str, str]:
    """Say where the order left the strategy and where it found it: before is after less what was bought."""
    size = _plain(position.lstrip("+-"))
    after = _exact(size).copy_negate() if position.startswith("-") else _exact(size)
    bought = _exact(contracts) if side == "buy" else _exact(contracts).copy_negate()
    return {
        "market_position": _name(after, Decimal(0)),
        "market_position_size": size,
        "prev_market_position": _name(after, bought),
    }


def _name(value: Decimal, other: Decimal) -> str:
    """Name the position that is `value` less `other`; they are compared only, as a subtraction rounds."""
    if value == other:
        return "flat"
    return "long" if value > other else "short"


def _plain(number: str) -> str:
    """Return a number without the commas that can only separate thousands."""
    bare = number.rstrip(".,")
    return bare.replace(",", "") if _THOUSANDS.fullmatch(bare) else bare


def _exact(number: str) -> Decimal:
    if _ZERO.fullmatch(number):
        return Decimal(0)
    try:
        return parse_price(number)
    except Invalid as error:
        raise Unreadable(Reason.INVALID_SIZE, f"A number of the order's text: {error.message}") from error


def _before(text: str) -> str:
    """Return the lines before the order that hold fields, without the line of the strategy's name."""
    lines, _, name = text.rstrip().rpartition("\n")
    if "\n" in text[len(text.rstrip()) :]:
        if not name or holds_fields(name):
            return text
        if not name.endswith(":"):
            raise Unreadable(
                Reason.UNCLEAR_TEXT, "The line before the order is neither a field nor a name that ends in a colon."
            )
    fields = named_in(name)
    if fields:
        raise Unreadable(
            Reason.UNCLEAR_TEXT,
            f"{fields[0]} stands before the order, where the strategy's name is: write fields on a line of their own.",
        )
    return lines
