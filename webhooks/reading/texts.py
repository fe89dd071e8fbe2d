"""Alerts that are not JSON: which form a text has, and its fields. What could be read in two ways is refused."""

import re
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.commands import is_command, read_command
from webhooks.reading.fields import refuse_placeholder
from webhooks.reading.foreign import refuse_foreign_text, refuse_signal_card
from webhooks.reading.json_alert import bare_name, is_json, once, refuse_unstorable
from webhooks.reading.order_text import read_order, tells_of_order
from webhooks.reading.text_fields import fields_of, holds_fields
from webhooks.secrets import without_secrets

_BARE_JSON = re.compile(r"\"[^\"\r\n]{0,60}\"\s{0,8}:")
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
    fields = _read(_without_stray_quotes(without_secrets(text)).strip())
    for name, value in fields.items():
        refuse_unstorable(f"{name}{value}")
    return fields


def _read(text: str) -> dict[str, Any]:
    refuse_foreign_text(text)
    if tells_of_order(text):
        return read_order(text)
    if holds_fields(text):
        return _with_quantity(fields_of(text))
    if is_command(text):
        return read_command(text)
    refuse_placeholder(text)
    refuse_signal_card(text)
    raise Unreadable(
        Reason.UNCLEAR_TEXT,
        "The text is no alert that is known here: send JSON, side=buy symbol=BTCUSDT, or buy BTCUSDT 0.1.",
    )


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
