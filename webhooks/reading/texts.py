"""Alerts that are not JSON: which form a text has, and its fields. What could be read in two ways is refused."""

import re
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.commands import is_command, read_command
from webhooks.reading.dialects.catalogue import dialect_of_text
from webhooks.reading.dialects.dialect import foreign
from webhooks.reading.fields import refuse_placeholder
from webhooks.reading.json_alert import bare_name, is_json, once, refuse_unstorable
from webhooks.reading.order_text import read_order, tells_of_order
from webhooks.reading.text_fields import fields_of, holds_fields
from webhooks.secrets import without_secrets

_BARE_JSON = re.compile(r"\"[^\"\r\n]{0,60}\"\s{0,8}:")
# A card tells people of an entry and its targets, and leaves to them what to do.
_SIGNAL_CARD = re.compile(
    r"(?<!\w)(?:entry|targets?|take.?profits?|tp\d?|stop.?loss)[ \t]{0,4}:", re.ASCII | re.IGNORECASE
)
_OCTOBOT_NAMES = frozenset({"exchange", "symbol", "signal", "volume"})
_BAR_NAMES = frozenset({"open", "high", "low", "close"})


def is_plain_text(text: str) -> bool:
    """Whether `text` is to be read here: what begins like JSON is not, but a strategy may be called [Fast] Cross."""
    return not is_json(text) or (text.startswith("[") and tells_of_order(text))


def read_plain_text(text: str) -> dict[str, Any]:
    """Return the fields of an alert that is not JSON, its secrets left out.

    Raises Unreadable: NOT_JSON where it is empty or lost its braces, UNCLEAR_TEXT, FOREIGN_FORMAT,
    UNRESOLVED_PLACEHOLDER, and what the form's own reader raises.
    """
    if not text:
        raise Unreadable(Reason.NOT_JSON, "The alert is empty.")
    if _BARE_JSON.match(text):
        raise Unreadable(Reason.NOT_JSON, "The alert looks like JSON without its braces: put it in { }.")
    fields = _read(_bare(text))
    for name, value in fields.items():
        refuse_unstorable(f"{name}{value}")
    return fields


def form_of(text: str) -> str:
    """Return the name of the form that an alert which is not JSON is written in; "unknown" where it is none."""
    bare = _bare(text)
    dialect = dialect_of_text(bare)
    if dialect:
        return dialect.name
    if tells_of_order(bare):
        return "tradingview_order"
    if holds_fields(bare):
        return "key_value"
    return "short_order" if is_command(bare) else "unknown"


def _read(text: str) -> dict[str, Any]:
    dialect = dialect_of_text(text)
    if dialect:
        return dialect.read_text(text)
    if tells_of_order(text):
        return read_order(text)
    if holds_fields(text):
        return _with_quantity(fields_of(text))
    if is_command(text):
        return read_command(text)
    refuse_placeholder(text)
    if _SIGNAL_CARD.search(text):
        raise foreign("a signal card for people, with entry and targets", "send JSON with side and symbol")
    raise Unreadable(
        Reason.UNCLEAR_TEXT,
        "The text is no alert that is known here: send JSON, side=buy symbol=BTCUSDT, or buy BTCUSDT 0.1.",
    )


def _bare(text: str) -> str:
    return _without_stray_quotes(without_secrets(text)).strip()


def _without_stray_quotes(text: str) -> str:
    """Return `text` without the two quotes around it that a relay's template leaves."""
    is_wrapped = len(text) > 4 and text.startswith('""') and text.endswith('""')
    return text[2:-2] if is_wrapped else text


def _with_quantity(fields: dict[str, str]) -> dict[str, str]:
    """In OctoBot's form (exchange, symbol, signal) volume is the order's; beside a bar's prices it is the market's."""
    names = {bare_name(name): name for name in fields}
    if not names.keys() >= _OCTOBOT_NAMES or names.keys() & _BAR_NAMES:
        return fields
    return once(("quantity" if name == names["volume"] else name, value) for name, value in fields.items())
