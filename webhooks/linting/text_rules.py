"""What the pasted text itself shows: its length, its placeholders, and where it is not JSON.

Places are those of the text as it was pasted; what is quoted of it is looked up in the text without its secrets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from json import JSONDecodeError

from webhooks.alert_templates import LONGEST_SENT, LONGEST_TYPED
from webhooks.linting.findings import Finding, error, info, place, warning
from webhooks.linting.placeholders import (
    NAMES,
    PLACEHOLDER,
    AlertType,
    Kind,
    is_filled,
    is_of_strategies,
    kind_of,
)
from webhooks.reading.alerts import Reason, Unreadable
from webhooks.reading.fields import shown
from webhooks.reading.json_alert import read_object

MOST_FINDINGS = 20

_LONGEST_NAME = 60
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_SINGLE = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_.]{1,60})\}(?!\})")
_MADE_BY_SCRIPT = "{{strategy.order.alert_message}}"
_FREE_TEXT_OF_ORDERS = "strategy.order.id"


@dataclass(frozen=True, slots=True)
class Pasted:
    """A message as it was pasted, the same without its secrets, and the type of its alert where that is known."""

    text: str
    struck: str
    alert_type: AlertType | None

    @property
    def is_json(self) -> bool:
        return self.text.lstrip("\ufeff \t\r\n").startswith(("{", "["))

    def quoted(self, token: str) -> str:
        """Return a piece of the text for a message, or stars where it is, or holds, a secret."""
        return shown(token) if token in self.struck else "'***'"


def check_text(pasted: Pasted) -> list[Finding]:
    """Return what is wrong with the text; of many wrong placeholders the first twenty, and how many more there are."""
    found = [*_length(pasted.text), *_broken(pasted)]
    if pasted.text.strip() == _MADE_BY_SCRIPT:
        found.append(info("MADE_BY_SCRIPT", "Your script makes the whole message: paste what it sends."))
    return found + _placeholders(pasted)


def find_json_fault(pasted: Pasted) -> Finding | None:
    """Return where the text is not JSON, were its placeholders filled in; None where it is, or need not be."""
    if not pasted.is_json:
        return None
    try:
        read_object(_masked(pasted.text, only_filled=True, alert_type=pasted.alert_type))
    except Unreadable as fault:
        cause = fault.__cause__
        where = f"line {cause.lineno}, column {cause.colno}" if isinstance(cause, JSONDecodeError) else ""
        return error(fault.code, fault.message, where=where) if fault.code == Reason.NOT_JSON else None
    return None


def _length(text: str) -> Iterator[Finding]:
    if len(text) > LONGEST_SENT:
        yield error("TOO_LONG", f"TradingView sends at most {LONGEST_SENT} characters; these are {len(text)}.")
    elif len(text) > LONGEST_TYPED:
        said = f"The field of an alert takes {LONGEST_TYPED} characters, and these are {len(text)}:"
        yield warning("TOO_LONG", f"{said} only a script's alert() sends up to {LONGEST_SENT}.")


def _broken(pasted: Pasted) -> Iterator[Finding]:
    masked = _masked(pasted.text)
    for found in _SINGLE.finditer(masked):
        if kind_of(found[1]):
            said = f"{{{found[1]}}} is no placeholder: write {{{{{found[1]}}}}}."
            yield error("BROKEN_PLACEHOLDER", said, where=place(pasted.text, found.start()))
    at = masked.find("{{")
    if at >= 0:
        said = "A placeholder opens here and does not close as it should: it is written {{name}}."
        yield error("BROKEN_PLACEHOLDER", said, where=place(pasted.text, at))


def _placeholders(pasted: Pasted) -> list[Finding]:
    """Each placeholder is told of once, where it stands first; one within quotes and one without are two."""
    inside = _quoted_places(pasted)
    seen: set[tuple[str, bool]] = set()
    found: list[Finding] = []
    unlisted = 0
    for placeholder in PLACEHOLDER.finditer(pasted.text):
        name, is_quoted = placeholder[1], not pasted.is_json or bool(inside[placeholder.start()])
        if (name, is_quoted) in seen:
            continue
        seen.add((name, is_quoted))
        if len(found) < MOST_FINDINGS:
            where = place(pasted.text, placeholder.start())
            found += _placeholder(pasted, name, is_quoted=is_quoted, where=where)
        else:
            unlisted += 1
    if unlisted:
        found.append(info("MORE", f"{unlisted} more placeholders were not looked at: mend these first."))
    return found


def _placeholder(pasted: Pasted, name: str, *, is_quoted: bool, where: str) -> Iterator[Finding]:
    kind = kind_of(name)
    if kind is None:
        said = f"TradingView knows no placeholder {pasted.quoted('{{' + name + '}}')}{_near(name)}."
        yield error("UNKNOWN_PLACEHOLDER", said, where=where)
        return
    if not is_filled(name, pasted.alert_type):
        needed = "alerts of strategies" if is_of_strategies(name) else "alerts of indicators and strategies"
        yield error("PLACEHOLDER_NOT_FILLED", f"{{{{{name}}}}} is filled in by {needed} only.", where=where)
        return
    if not is_quoted:
        yield _unquoted(name, kind, where)
    if kind is Kind.FREE_TEXT and pasted.is_json:
        said = f"A double quote in {{{{{name}}}}} ends the text there, and the alert is no JSON then."
        yield (info if name == _FREE_TEXT_OF_ORDERS else warning)("FREE_TEXT", said, where=where)
    if name == "interval":
        said = "{{interval}} is 1 in alerts on a price and on Range charts, whatever the chart shows."
        yield (warning if pasted.alert_type is AlertType.PRICE else info)("INTERVAL", said, where=where)


def _unquoted(name: str, kind: Kind, where: str) -> Finding:
    if kind is Kind.NUMBER:
        said = f"{{{{{name}}}}} becomes NaN where it has no value, which is no JSON: put it in double quotes."
        return warning("UNQUOTED_PLACEHOLDER", said, where=where)
    said = f"{{{{{name}}}}} becomes a word without quotes, which is no JSON: put it in double quotes."
    return error("UNQUOTED_PLACEHOLDER", said, where=where)


def _near(name: str) -> str:
    near = get_close_matches(name.strip().lower()[:_LONGEST_NAME], NAMES, n=1)
    return f": did you mean {{{{{near[0]}}}}}?" if near else ""


def _quoted_places(pasted: Pasted) -> bytearray:
    """Return for each character of the text whether it stands within a string of JSON."""
    masked, inside = _masked(pasted.text), bytearray(len(pasted.text))
    for string in _STRINGS.finditer(masked):
        inside[string.start() : string.end()] = b"\x01" * (string.end() - string.start())
    return inside


def _masked(text: str, *, only_filled: bool = False, alert_type: AlertType | None = None) -> str:
    """Return the text with digits in the place of placeholders, as long as they: all other places stay."""

    def digits(found: re.Match[str]) -> str:
        stays = only_filled and not is_filled(found[1], alert_type)
        return found[0] if stays else "1" * len(found[0])

    return PLACEHOLDER.sub(digits, text)
