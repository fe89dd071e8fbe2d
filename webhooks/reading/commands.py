"""Short orders in words: buy BTCUSDT 0.1, close ETHUSDT, long BTCUSDT 10% tp=5% sl=2%."""

import re
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.fields import refuse_placeholder, shown
from webhooks.reading.json_alert import once
from webhooks.reading.side_words import Kind, read_word
from webhooks.reading.text_fields import fields_of, split_at_first_field

MOST_WORDS = 3
LONGEST_SIDE = 100

_WORD = re.compile(r"[a-z]{2,20}(?:[-_][a-z]{2,20}){0,2}", re.ASCII | re.IGNORECASE)
_SYMBOL = re.compile(r"(?:\w{1,20}:)?(?=[\d._-]*[a-z])\w[\w./!-]{0,39}(?::\w{1,10})?", re.ASCII | re.IGNORECASE)
_WHOLE = frozenset({"", "100%", "%100"})


def is_command(text: str) -> bool:
    """Whether the first line of `text` begins with a word that says buy, sell or close."""
    return _side(text[:LONGEST_SIDE].partition("\n")[0].split()) != ""


def read_command(text: str) -> dict[str, Any]:
    """Return the order as the fields of an alert; what follows its first line or its size are fields.

    Raises Unreadable: NO_SYMBOL, INVALID_SIZE, UNCLEAR_TEXT, UNRESOLVED_PLACEHOLDER, DUPLICATE_FIELD.
    """
    line, _, lines = text.partition("\n")
    order, fields = split_at_first_field(line)
    words = order.rstrip(" \t\r,;&").split()
    side = _side(words)
    symbol, *sizes = words[len(side.split()) :] or [""]
    size = " ".join(sizes)
    _refuse_unclear(side, symbol, size)
    said = {"side": side, "symbol": symbol} | ({"size": size} if size else {})
    return once([*said.items(), *fields_of(f"{fields}\n{lines}").items()])


def _side(words: list[str]) -> str:
    """Return the first words that together say what to do: "close long" before "close"; empty where none do."""
    for count in range(min(MOST_WORDS, len(words)), 0, -1):
        said = " ".join(words[:count])
        word = read_word(said) if all(map(_WORD.fullmatch, words[:count])) else None
        if word and word.kind is not Kind.SILENT and (word.leg or word.kind is Kind.CLOSE):
            return said
    return ""


def _refuse_unclear(side: str, symbol: str, size: str) -> None:
    refuse_placeholder(f"{symbol} {size}")
    if not _SYMBOL.fullmatch(symbol) or read_word(symbol):
        raise Unreadable(Reason.NO_SYMBOL, f"After {shown(side)} stands no symbol: write it as in buy BTCUSDT 0.1.")
    if "@" in size:
        raise Unreadable(Reason.INVALID_SIZE, "A number after @ may be a size or a price: write buy BTCUSDT 0.1.")
    word = read_word(side)
    if word and word.kind is Kind.CLOSE and size.replace(" ", "") not in _WHOLE:
        raise Unreadable(
            Reason.INVALID_SIZE, f"A close takes the whole position: {shown(size)} after the symbol may ask for a part."
        )
