"""Who sent an alert, as far as its bytes say: the secret in it, the bot it names; and how secrets are struck out.

Everything here takes hostile bytes: it never raises, and its work grows with the length of the bytes only.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from webhooks.reading.json_alert import bare_name, read_leniently
from webhooks.reading.synonyms import Field

STRUCK = b"***"
LONGEST_SECRET = 512
LONGEST_NAME = 200

# The preferred first: of several such fields one is the proof, and all are struck out.
SECRET_NAMES = (
    *("secret", "webhooksecret", "webhookkey", "webhooktoken", "signaltoken", "token", "passphrase", "key"),
    *("botkey", "botsecret", "bottoken", "secretkey", "apikey", "apisecret", "authkey", "authtoken", "accesstoken"),
    *("auth", "password", "passwd", "pass", "pwd"),
)

_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\]:,]|[^\s"{}\[\]:,]++', re.DOTALL)
_ESCAPES = re.compile(
    rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\([\"\\/bfnrt])"
)
_SHORT_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}

_NAME = rb"(?<![A-Za-z0-9_-])([A-Za-z][A-Za-z0-9_-]{0,39})"
_IS = rb"\s*+[:=]\s*+"
# secret=…, secret: …, 'secret': …, and with curly quotes; in a text that is not JSON.
_HEAD = re.compile(_NAME + rb"(?:\\{0,8}[\"']|\xe2\x80[\x98-\x9f])?" + _IS)
# \"secret\": …, JSON written into a string of JSON.
_EMBEDDED_HEAD = re.compile(_NAME + rb"\\{1,8}\"" + _IS)
_VALUE = re.compile(
    rb"\\{1,8}\"((?:[^\"\\]|\\(?!\\{0,7}\"))*+)"
    rb"|\"((?:[^\"\\]|\\.)*+)"
    rb"|'([^'\r\n]*+)"
    rb"|\xe2\x80[\x98-\x9f]((?:[^\xe2\r\n]|\xe2(?!\x80[\x98-\x9f]))*+)"
    rb"|(?!(?:null|true|false)\b|[\[{])([^\s,;&|\"']*[^\s,;&|\"'}\]])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    start: int
    end: int
    instead: bytes = STRUCK


def is_secret_name(key: str) -> bool:
    """Whether a field called `key` holds a secret, however its words are joined."""
    return bare_name(key) in SECRET_NAMES


def find_secret(raw: bytes) -> str | None:
    """Return the secret that an alert carries at its top, or None; from broken JSON and key=value text too."""
    body = read_leniently(raw)
    found: dict[str, str] = {}
    for key, value in _text_pairs(raw) if body is None else body.items():
        if isinstance(value, str) and _is_usable(value, LONGEST_SECRET):
            found.setdefault(bare_name(key), value)
    return next((found[name] for name in SECRET_NAMES if name in found), None)


def bot_of(raw: bytes) -> tuple[str | None, str | None]:
    """Return the name and the id of the bot that an alert names at its top; None where absent or contradictory."""
    body = read_leniently(raw) or {}
    return _one_of(body, Field.BOT_NAME.names), _one_of(body, Field.BOT_ID.names)


def strike_out(raw: bytes, known: Collection[str]) -> bytes:
    """Return `raw` with every `known` secret and every value of a field named like a secret replaced by ***.

    Known secrets are found in any JSON escape too. All other bytes stay; what was valid JSON stays valid where secrets
    are whole strings or numbers. A secret that itself holds *** is not sure to go.
    """
    head = _HEAD if read_leniently(raw) is None else _EMBEDDED_HEAD
    in_text = [_Span(start, end) for _, start, end in _text_values(raw, head)]
    return _replaced(raw, [*_known_spans(raw, known), *_json_spans(raw), *in_text])


def _is_usable(text: str, longest: int) -> bool:
    # A lone surrogate, written as an escape, has no bytes: whoever hashes such a text would fall over it.
    return 0 < len(text) <= longest and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _one_of(body: dict[str, Any], names: Collection[str]) -> str | None:
    values = {value.strip() for key, value in body.items() if bare_name(key) in names and isinstance(value, str)}
    values.discard("")
    value = values.pop() if len(values) == 1 else ""
    return value if _is_usable(value, LONGEST_NAME) else None


def _text_pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    for name, start, end in _text_values(raw, _HEAD):
        yield name, raw[start:end].decode("utf-8", "replace")


def _text_values(raw: bytes, heads: re.Pattern[bytes]) -> Iterator[tuple[str, int, int]]:
    """Yield (name, start, end) of the values of secret fields that stand in free text."""
    done = 0
    for head in heads.finditer(raw):
        name = head[1].decode("ascii")
        # A name inside a value that is taken already is not looked at: the work would grow with the square.
        if head.start() < done or not is_secret_name(name):
            continue
        value = _VALUE.match(raw, head.end())
        if value and value.lastindex:
            done = value.end()
            yield name, *value.span(value.lastindex)


def _json_spans(raw: bytes) -> Iterator[_Span]:
    """Yield the values of secret fields, objects and lists in full depth; as far as `raw` is JSON, none is missed."""
    tokens = list(_TOKENS.finditer(raw))
    is_secret = False
    inside_secret = [False]
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        text = token[0]
        if text in {b"{", b"["}:
            inside_secret.append(inside_secret[-1] or is_secret)
            is_secret = False
        elif text in {b"}", b"]"}:
            inside_secret.pop()
            inside_secret = inside_secret or [False]
        elif text == b",":
            is_secret = False
        elif following and following[0] == b":":
            is_secret = text.startswith(b'"') and is_secret_name(_key(text))
        elif text != b":" and (is_secret or inside_secret[-1]):
            yield from _scalar_span(token.start(), text)


def _key(token: bytes) -> str:
    text = token.decode("utf-8", "replace")
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text.strip('"')


def _scalar_span(start: int, text: bytes) -> Iterator[_Span]:
    if text.startswith(b'"'):
        end = len(text) - 1 if len(text) > 1 and text.endswith(b'"') else len(text)
        if end > 1:
            yield _Span(start + 1, start + end)
    elif text not in {b"null", b"true", b"false"}:
        yield _Span(start, start + len(text), b'"' + STRUCK + b'"')


def _known_spans(raw: bytes, known: Collection[str]) -> Iterator[_Span]:
    secrets = {secret.encode("utf-8", "surrogatepass") for secret in known if secret}
    if not secrets:
        return
    for text, origins in _views(raw):
        for secret in secrets:
            at = text.find(secret)
            while at >= 0:
                yield _Span(_before_escape(raw, origins[at][0]), origins[at + len(secret) - 1][1])
                at = text.find(secret, at + 1)


def _before_escape(raw: bytes, start: int) -> int:
    """Return `start`, moved before the backslash of an escape: half an escape would make JSON invalid."""
    while raw[start - 1 : start] == b"\\":
        start -= 1
    return start


def _views(raw: bytes) -> Iterator[tuple[bytes, list[tuple[int, int]]]]:
    """Yield `raw`, then with JSON's escapes undone once and twice, each byte with where in `raw` it came from."""
    text, origins = raw, [(place, place + 1) for place in range(len(raw))]
    yield text, origins
    for _ in range(2):
        if b"\\" not in text:
            return
        text, origins = _unescaped(text, origins)
        yield text, origins


def _unescaped(text: bytes, origins: list[tuple[int, int]]) -> tuple[bytes, list[tuple[int, int]]]:
    plain = bytearray()
    places: list[tuple[int, int]] = []
    done = 0
    for escape in _ESCAPES.finditer(text):
        letter = _letter(escape)
        plain += text[done : escape.start()] + letter
        places += origins[done : escape.start()]
        places += [(origins[escape.start()][0], origins[escape.end() - 1][1])] * len(letter)
        done = escape.end()
    return bytes(plain + text[done:]), places + origins[done:]


def _letter(escape: re.Match[bytes]) -> bytes:
    high, low, single, short = escape.groups()
    if short:
        return _SHORT_ESCAPES.get(short, short)
    if single:
        return chr(int(single, 16)).encode("utf-8", "surrogatepass")
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00).encode()


def _merged(spans: Iterable[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            before = merged[-1]
            instead = max(before.instead, span.instead, key=len)
            merged[-1] = _Span(before.start, max(before.end, span.end), instead)
        else:
            merged.append(span)
    return merged


def _replaced(raw: bytes, spans: Iterable[_Span]) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for span in _merged(spans):
        pieces += [raw[done : span.start], span.instead]
        done = span.end
    return b"".join([*pieces, raw[done:]])
