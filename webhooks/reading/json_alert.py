"""From the text of an alert to a JSON object whose numbers are still text: what is not plain JSON is refused."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from webhooks.reading.alerts import Reason, Unreadable

DEEPEST = 8

# A string that never ends runs to the end of the text, so that no quote inside it is tried as a start again.
_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]', re.DOTALL)
_NAME_SEPARATORS = re.compile(r"[\s_-]+")
_CURLY_QUOTES = re.compile("[\u2018-\u201f]")


def read_text(raw: bytes) -> str:
    """Return the text that the bytes of an alert are, without what surrounds it. Raises Unreadable: NOT_TEXT."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(Reason.NOT_TEXT, "The alert is not valid UTF-8 text.") from error
    refuse_unstorable(text)
    return text.strip("\ufeff \t\r\n")


def is_json(text: str) -> bool:
    """Whether `text` is JSON or begins like it: such a text is read as JSON or not at all."""
    if text.startswith(("{", "[")):
        return True
    try:
        _decoder(dict).decode(text)
    except json.JSONDecodeError:
        return False
    return True


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object that an alert is. Numbers, NaN and Infinity too, stay the text they were.

    Raises Unreadable: NOT_TEXT, NOT_JSON, NOT_AN_OBJECT, TOO_DEEP, DUPLICATE_FIELD.
    """
    _refuse_depth(text)
    try:
        value = _decoder(once).decode(text)
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from error
    if not isinstance(value, dict):
        raise Unreadable(Reason.NOT_AN_OBJECT, "The alert is JSON, but not an object: put it in { }.")
    for inner in _strings(value):
        refuse_unstorable(inner)
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


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields by key. Raises Unreadable, DUPLICATE_FIELD, where a key has two values."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found and found[key] != value:
            raise Unreadable(Reason.DUPLICATE_FIELD, f"The field {repr(key)[:60]} stands twice, with different values.")
        found[key] = value
    return found


def refuse_unstorable(text: str) -> None:
    """Refuse what a database does not take as text. Raises Unreadable, NOT_TEXT: NUL, half of a character."""
    if "\x00" in text:
        raise Unreadable(Reason.NOT_TEXT, "The alert holds a NUL character.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unreadable(Reason.NOT_TEXT, "The alert holds half of a character (a lone surrogate).") from error


def _decoder(pairs: Any, *, strict: bool = True) -> json.JSONDecoder:
    # Text instead of numbers: exact, and a number of 10,000 digits costs nothing.
    return json.JSONDecoder(object_pairs_hook=pairs, parse_float=str, parse_int=str, parse_constant=str, strict=strict)


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        first = text[token.start()]
        depth += (first in "[{") - (first in "]}")
        if depth > DEEPEST:
            raise Unreadable(Reason.TOO_DEEP, f"The alert is nested over {DEEPEST} levels deep.")


def _not_json(text: str, error: json.JSONDecodeError) -> Unreadable:
    where = f"line {error.lineno}, column {error.colno}"
    return Unreadable(Reason.NOT_JSON, f"The alert begins like JSON but is not valid at {where}{_cause(text, error)}.")


def _cause(text: str, error: json.JSONDecodeError) -> str:
    """Say what commonly stands there, never the text itself: it may be a secret."""
    before, after = text[max(error.pos - 1, 0) : error.pos], text[error.pos : error.pos + 1]
    if before + after == "{{":
        return ": a placeholder was not filled in"
    if _CURLY_QUOTES.match(after):
        return ": a curly quote, where JSON wants straight ones"
    if text[: error.pos].rstrip()[-1:] == "," and after in {"}", "]"}:
        return ": a comma stands before it and nothing follows"
    if after.isalpha() or after == "'":
        return ": a text without double quotes, or a quote inside of a text"
    return ""


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
