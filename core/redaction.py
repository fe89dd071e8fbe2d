"""Strikes secrets out of what is logged or shown: by the words that stand before them, and by how tokens look."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

STRUCK = "***"
DEEPEST = 6

# What goes by a name with one of these in it is a secret, however the name goes on: new_password, botKey, tokens.
SECRET_WORDS = (
    *("password", "passwd", "passphrase", "secret", "token", "signature", "sessionid"),
    *("apikey", "authkey", "botkey", "webhookkey", "privatekey", "signingkey"),
)
# These are one only as a word of their own: author, bypass and monkey are none.
SECRET_WHOLE_WORDS = ("auth", "pass", "pwd")

_NAMES = rf"(?:{'|'.join(SECRET_WORDS)}|(?<![a-z])key|(?<![a-z])(?:{'|'.join(SECRET_WHOLE_WORDS)})(?![a-z]))"
# In quotes, also escaped ones; in brackets; else up to what ends a value in a query, a list or a sentence.
_VALUE = (
    r"(?:b?\\{1,8}\"(?:[^\"\\]|\\(?!\"))*|b?\\{1,8}'(?:[^'\\]|\\(?!'))*"
    r"|b?\"(?:[^\"\\]|\\.)*|b?'(?:[^'\\]|\\.)*"
    r"|\[[^\]]*|\{[^}]*|\([^)]*"
    r"|[^\s&\"',;)}\]<>\[({]+)"
)
_IN_PATH = r"(/webhooks?/(?:tradingview/)?)(?!(?:tradingview|test|deliveries|lint)(?:[\s/?\"']|$))"


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a secret stands behind (group 1 stays), and words of which a text must hold one to be looked at.

    What may repeat has a bound, or cannot begin in its own middle: the work grows with the length of a text only.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def _rule(hints: str, pattern: str) -> _Rule:
    return _Rule(tuple(hints.split()), re.compile(pattern, re.IGNORECASE | re.DOTALL))


_RULES = (
    # A password may hold what belongs escaped: up to the last @ of the word, unless it is a port and a path.
    _rule("://", r"(://[^\s/:@\"']*:)(?!\d+/)[^\s\"']{1,300}(?=@)"),
    _rule("/webhook", rf"{_IN_PATH}[^\s?\"']+"),
    # A scheme may have any name, and cookies are many: to the end of the line.
    _rule(
        "authorization cookie",
        r"((?:authorization|cookie)\\{0,8}[\"']?\s*[=:,]\s*)(?:\\{0,8}b?\"[^\"]*|\\{0,8}b?'[^']*|[^\r\n]+)",
    ),
    _rule("bearer basic digest", r"\b((?:bearer|basic|digest)\s+)[^\s\"',]+"),
    _rule(
        " ".join((*SECRET_WORDS, "key", *SECRET_WHOLE_WORDS)),
        rf"({_NAMES}[\w-]{{0,40}}\\{{0,8}}[\"']?\]?\s*(?:[=:]|%3[ad])\s*){_VALUE}",
    ),
    _rule("eyj", r"((?<![\w-]))eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"),
)
_SECRET_NAME = re.compile(rf"{_NAMES}|authorization|cookie", re.IGNORECASE)
_KEY_IN_PATH = re.compile(rf"{_IN_PATH}.+", re.IGNORECASE | re.DOTALL)
_PLAIN = (bool, int, float, Decimal, UUID, date, timedelta, type(None))


def redact(text: str) -> str:
    """Return `text` with the secrets in it struck out."""
    lowered = text.lower()
    for rule in _RULES:
        if any(hint in lowered for hint in rule.hints):
            text = rule.pattern.sub(rf"\1{STRUCK}", text)
    return text


def redact_path(path: str) -> str:
    """Return the path of a request, which may hold spaces, without the key of an alert."""
    return redact(_KEY_IN_PATH.sub(rf"\1{STRUCK}", path))


def is_plain(value: object) -> bool:
    """Say whether a value is a number, a date, an id or nothing: shown, it tells no secret."""
    return isinstance(value, _PLAIN)


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Say whether what goes by this name is a secret."""
    return _SECRET_NAME.search(name) is not None


def redacted(value: Any, *, depth: int = 0) -> Any:
    """Return a value of any kind for a log: secrets struck out, in depth; what is no plain data, as its text."""
    if isinstance(value, str):
        return redact(value)
    if is_plain(value):
        return value
    if depth < DEEPEST and isinstance(value, Mapping):
        return {_text(key): _redacted_item(_text(key), inner, depth) for key, inner in value.items()}
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [redacted(inner, depth=depth + 1) for inner in value]
    return redact(_text(value))


def redacted_items(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return named values with the secrets among them struck out, and those within the others."""
    return {name: _redacted_item(name, value, 0) for name, value in items}


def _redacted_item(name: str, value: Any, depth: int) -> Any:
    return STRUCK if is_secret_name(name) else redacted(value, depth=depth + 1)


def _text(value: Any) -> str:
    """Return what stands for an object in a log, whatever its own methods do."""
    if isinstance(value, str):
        return value
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a repr may raise anything, and a line that is lost tells nothing
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
