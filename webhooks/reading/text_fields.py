"""Fields in a text that is not JSON: key=value, or key: value at the start of a line, comma, semicolon or ampersand.

Every pattern here looks at a stretch of text a fixed number of times: 64 KiB of anything are read in milliseconds.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.json_alert import bare_name, once
from webhooks.reading.synonyms import ANYWHERE

# Stands where a field was cut out of a text, so that what stood around it does not grow together.
CUT = "\x1f"

_NAME = r"[A-Za-z_][\w.-]{0,39}"
_EQUALS = rf"{_NAME}[ \t]*+="
# Templates that were escaped once too often hold \n as two or three characters.
_WRITTEN_BREAK = r"(?<!\\)\\++[nr]"
_SEPARATORS = re.compile(rf"(?:[\s,;&{CUT}]|{_WRITTEN_BREAK})*+", re.ASCII)
_HEAD = re.compile(rf"({_NAME})[ \t]*+=|({_NAME}(?: {_NAME}){{0,2}})[ \t]*+:(?!//)", re.ASCII)
_EQUALS_HEAD = re.compile(rf"(?<![\w.-])({_NAME})[ \t]*+=", re.ASCII)
# A comma or a space ends a value only where a field follows: a size may be 0,5 or risk 1%.
_END = (
    rf"[\r\n;&{CUT}]|{_WRITTEN_BREAK}"
    rf"|(?<![ \t,])[ \t]*+,[ \t,]*+(?={_EQUALS}|{_NAME}[ \t]*+:[ \t])"
    rf"|(?<![ \t,])[ \t]++(?={_EQUALS})"
)
_END_OF_VALUE = re.compile(rf"{_END}|$", re.ASCII)
_QUOTED = re.compile(
    rf"""[ \t]*+(?:"([^"\r\n]*+)"|'([^'\r\n]*+)'|[“”]([^“”\r\n]*+)”|[‘’]([^‘’\r\n]*+)’)(?=[ \t,]*+$|{_END})""", re.ASCII
)
_NOT_ENCODED = re.compile(r"\s|%(?![0-9A-Fa-f]{2})", re.ASCII)
_MARKED = re.compile(rf"(?<![\w.-])({_NAME})[ \t]*+(?:=|:[ \t]*+[\d.$%])", re.ASCII)


def holds_fields(text: str) -> bool:
    """Whether `text` begins with a field."""
    return _head(text, _start(text)) is not None


def fields_of(text: str) -> dict[str, str]:
    """Return the fields that `text` is made of, and of nothing else; where it is form-encoded, decoded.

    Raises Unreadable: UNCLEAR_TEXT where something stands between them, DUPLICATE_FIELD.
    """
    encoded = is_form_encoded(text)
    return once((name, unquote(value) if encoded else value) for name, value in _fields(text))


def is_form_encoded(text: str) -> bool:
    """Whether `text` can be percent-encoded as a whole, as forms are: no space, and no percent sign of its own."""
    return _NOT_ENCODED.search(text) is None


def named_in(text: str) -> list[str]:
    """Return the names in `text` that mean something in an alert and stand before = or before a colon and a number."""
    return [head[1] for head in _MARKED.finditer(text) if _is_known(head[1])]


def split_at_first_field(text: str) -> tuple[str, str]:
    """Return what stands before the first key=value in `text`, and the rest."""
    head = _EQUALS_HEAD.search(text)
    return (text[: head.start()], text[head.start() :]) if head else (text, "")


def _fields(text: str) -> Iterator[tuple[str, str]]:
    place = _start(text)
    while place < len(text):
        head = _head(text, place)
        if head is None:
            raise Unreadable(Reason.UNCLEAR_TEXT, "Between the fields of the text stands something that is no field.")
        value, place = _value(text, head.end())
        yield (head[1] or head[2]).replace(".", "_"), value
        place = _start(text, place)


def _start(text: str, place: int = 0) -> int:
    separators = _SEPARATORS.match(text, place)
    return separators.end() if separators else place


def _head(text: str, place: int) -> re.Match[str] | None:
    """Return the field's name and mark: a colon is one after a name that is known, or before a space."""
    head = _HEAD.match(text, place)
    if head is None or head[1] or _is_known(head[2]):
        return head
    is_mark = " " not in head[2] and text[head.end() : head.end() + 1] in {"", " ", "\t", "\r", "\n"}
    return head if is_mark else None


def _value(text: str, place: int) -> tuple[str, int]:
    quoted = _QUOTED.match(text, place)
    if quoted and quoted.lastindex:
        return quoted[quoted.lastindex], quoted.end()
    end = _END_OF_VALUE.search(text, place)
    stop = end.start() if end else len(text)
    return text[place:stop].strip().rstrip(","), stop


def _is_known(name: str) -> bool:
    return bare_name(name.replace(".", "_")) in ANYWHERE
