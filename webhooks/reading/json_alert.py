"""From the bytes of an alert to a JSON object whose numbers are still text: what is not plain JSON is refused."""

import json
import re
from collections.abc import Iterator
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable

DEEPEST = 8

# A string that never ends runs to the end of the text, so that no quote inside it is tried as a start again.
_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
_NAME_SEPARATORS = re.compile(r"[\s_-]+")


def read_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object that an alert is. Numbers, NaN and Infinity too, stay the text they were.

    Raises Unreadable: NOT_TEXT, NOT_JSON, NOT_AN_OBJECT, TOO_DEEP, DUPLICATE_FIELD.
    """
    text = _text(raw)
    _refuse_depth(text)
    try:
        value = _decoder(_once).decode(text)
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from error
    if not isinstance(value, dict):
        raise Unreadable(Reason.NOT_AN_OBJECT, "The alert is JSON, but not an object: put it in { }.")
    _refuse_unstorable(value)
    return value


def read_leniently(raw: bytes) -> dict[str, Any] | None:
    """Return the JSON object in `raw`, the last of repeated keys winning, or None; never raises."""
    text = raw.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    try:
        value = _decoder(dict, strict=False).decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def bare_name(key: str) -> str:
    """Return `key` as keys are compared: takeProfit, take_profit and "Take-Profit" are one name."""
    return _NAME_SEPARATORS.sub("", key).lower()


def _decoder(pairs: Any, *, strict: bool = True) -> json.JSONDecoder:
    # Text instead of numbers: exact, and a number of 10,000 digits costs nothing.
    return json.JSONDecoder(object_pairs_hook=pairs, parse_float=str, parse_int=str, parse_constant=str, strict=strict)


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(Reason.NOT_TEXT, "The alert is not valid UTF-8 text.") from error
    if "\x00" in text:
        raise Unreadable(Reason.NOT_TEXT, "The alert holds a NUL character.")
    return text.strip("\ufeff \t\r\n")


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        first = text[token.start()]
        depth += (first in "[{") - (first in "]}")
        if depth > DEEPEST:
            raise Unreadable(Reason.TOO_DEEP, f"The alert is nested over {DEEPEST} levels deep.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found and found[key] != value:
            raise Unreadable(Reason.DUPLICATE_FIELD, f"The field {repr(key)[:60]} stands twice, with different values.")
        found[key] = value
    return found


def _not_json(text: str, error: json.JSONDecodeError) -> Unreadable:
    if not text:
        return Unreadable(Reason.NOT_JSON, "The alert is empty.")
    if text.startswith("{"):
        where = f"line {error.lineno}, column {error.colno}"
        return Unreadable(Reason.NOT_JSON, f"The alert begins like JSON but is not valid at {where}.")
    return Unreadable(Reason.NOT_JSON, "The alert is plain text, which is not read yet: send a JSON object.")


def _refuse_unstorable(value: dict[str, Any]) -> None:
    try:
        text = "".join(_strings(value))
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unreadable(Reason.NOT_TEXT, "The alert holds half of a character (a lone surrogate).") from error
    if "\x00" in text:
        raise Unreadable(Reason.NOT_TEXT, "The alert holds a NUL character.")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
