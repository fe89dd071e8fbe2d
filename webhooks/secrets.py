"""Who sent an alert, as far as its bytes say: the secret in it, the bot it names; and how secrets are struck out.

Everything here takes hostile bytes: it never raises, and its work grows with the length of the bytes only.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from core.redaction import SECRET_WORDS
from webhooks.reading.json_alert import bare_name, read_leniently
from webhooks.reading.synonyms import Field
from webhooks.reading.text_fields import CUT, is_form_encoded

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
_PERCENT = re.compile(rb"%([0-9a-fA-F]{2})")

# Behind a line break that is written as \n a name begins as well.
_NAME = rb"(?:(?<![A-Za-z0-9_\\-])|(?<=\\)(?![nr])|(?<=\\[nr]))([A-Za-z][A-Za-z0-9_-]{0,39})"
_FIELD = rb"[A-Za-z][A-Za-z0-9_.-]{0,39}[ \t]*+(?:=|:\s)"
# secret=…, secret: …, 'secret': …, and with curly quotes; in a text that is not JSON.
_HEAD = re.compile(_NAME + rb"(?:\\{0,8}[\"']|\xe2\x80[\x98-\x9f])?\s*+[:=][ \t]*+")
# passphrase …, in a text that is not JSON; not the value of another field.
_SPACED_HEAD = re.compile(rb"(?<![:=])" + _NAME + rb"[ \t]++(?![:=])")
# \"secret\": …, JSON written into a string of JSON.
_EMBEDDED_HEAD = re.compile(_NAME + rb"\\{1,8}\"\s*+[:=][ \t]*+")
# What begins an order is no secret, whatever stands before it: a strategy may be called Golden Key.
_ORDERS = rb"(?i:buy|sell|long|short|close|exit|flat|flatten|cover|open|enter|entry|go|order)(?![A-Za-z0-9_-])"
_BARE = rb"[^\s,;&|\"'\\]|\\(?!\\{0,7}[nr])"
_VALUE = re.compile(
    rb"\s*+\\{1,8}\"((?:[^\"\\]|\\(?!\\{0,7}\"))*+)(?:\\{1,8}\")?"
    rb"|\s*+\"((?:[^\"\\]|\\.)*+)\"?"
    rb"|\s*+'([^'\r\n]*+)'?"
    rb"|\s*+\xe2\x80[\x98-\x9f]((?:[^\xe2\r\n]|\xe2(?!\x80[\x98-\x9f]))*+)(?:\xe2\x80[\x98-\x9f])?"
    # Behind a space another field may stand, where the secret was left empty.
    rb"|(?:(?<=[:=])|(?!" + _FIELD + rb"))(?!(?:null|true|false)\b|" + _ORDERS + rb"|[\[{])"
    rb"((?:" + _BARE + rb")*(?:(?![}\]])(?:" + _BARE + rb")))",
    re.DOTALL,
)
_TEXT_HEADS = (_HEAD, _SPACED_HEAD)


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    start: int
    end: int
    instead: bytes = STRUCK


def holds_secret(key: str) -> bool:
    """Whether an alert's field called `key` holds a secret, however its words are joined.

    Other platforms' credentials, email_token or broker_api_key, are struck out, though they prove nobody here. Unlike
    in a log, a secret's word has to end the name: an alert may well name a token_symbol, and is traded by it.
    """
    name = bare_name(key)
    return name in SECRET_NAMES or name.endswith(SECRET_WORDS)


def find_secret(raw: bytes) -> str | None:
    """Return the secret that an alert carries at its top, or None; from broken JSON and key=value text too."""
    body = read_leniently(raw)
    if body is not None:
        return _preferred(body.items())
    return _preferred(_text_pairs(raw, _HEAD)) or _preferred(_text_pairs(raw, _SPACED_HEAD))


def bot_of(raw: bytes) -> tuple[str | None, str | None]:
    """Return the name and the id of the bot that an alert names at its top; None where absent or contradictory."""
    body = read_leniently(raw) or {}
    return _one_of(body, Field.BOT_NAME.names), _one_of(body, Field.BOT_ID.names)


def strike_out(raw: bytes, known: Collection[str]) -> bytes:
    """Return `raw` with every `known` secret and every value of a field named like a secret replaced by ***.

    Known secrets are found in any JSON escape too. All other bytes stay; what was valid JSON stays valid where secrets
    are whole strings or numbers. A secret that itself holds *** is not sure to go.
    """
    heads = _TEXT_HEADS if read_leniently(raw) is None else (_EMBEDDED_HEAD,)
    in_text = [_Span(*value.value) for head in heads for value in _text_values(raw, head)]
    return _replaced(raw, [*_known_spans(raw, known), *_json_spans(raw), *in_text])


def without_secrets(text: str) -> str:
    """Return a text that is not JSON without its fields of secrets, their names included: a cut stands for each."""
    raw = text.encode("utf-8", "surrogatepass")
    cuts = [_Span(*value.field, CUT.encode()) for head in _TEXT_HEADS for value in _text_values(raw, head)]
    return _replaced(raw, cuts).decode("utf-8", "surrogatepass")


def _preferred(fields: Iterable[tuple[str, object]]) -> str | None:
    found: dict[str, str] = {}
    for key, value in fields:
        if isinstance(value, str) and _is_usable(value, LONGEST_SECRET):
            found.setdefault(bare_name(key), value)
    return next((found[name] for name in SECRET_NAMES if name in found), None)


def _is_usable(text: str, longest: int) -> bool:
    # A lone surrogate, written as an escape, has no bytes: whoever hashes such a text would fall over it.
    return 0 < len(text) <= longest and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _one_of(body: dict[str, Any], names: Collection[str]) -> str | None:
    values = {value.strip() for key, value in body.items() if bare_name(key) in names and isinstance(value, str)}
    values.discard("")
    value = values.pop() if len(values) == 1 else ""
    return value if _is_usable(value, LONGEST_NAME) else None


def _text_pairs(raw: bytes, heads: re.Pattern[bytes]) -> Iterator[tuple[str, str]]:
    is_encoded = is_form_encoded(raw.decode("utf-8", "replace"))
    for found in _text_values(raw, heads):
        text = raw[slice(*found.value)].decode("utf-8", "replace")
        yield found.name, unquote(text) if is_encoded else text


@dataclass(frozen=True, slots=True)
class _TextValue:
    """A secret's field in free text: its name, where the value stands, and where the whole field does."""

    name: str
    value: tuple[int, int]
    field: tuple[int, int]


def _text_values(raw: bytes, heads: re.Pattern[bytes]) -> Iterator[_TextValue]:
    done = 0
    for head in heads.finditer(raw):
        name = head[1].decode("ascii")
        # A name inside a value that is taken already is not looked at: the work would grow with the square.
        if head.start() < done or not holds_secret(name):
            continue
        value = _VALUE.match(raw, head.end())
        if value is None or not value.lastindex:
            continue
        # In "webhook key abc" key is no secret but the name of one.
        if heads is _SPACED_HEAD and holds_secret(value[value.lastindex].decode("utf-8", "replace")):
            continue
        done = value.end()
        yield _TextValue(name, value.span(value.lastindex), (head.start(), value.end()))


def _json_spans(raw: bytes) -> Iterator[_Span]:
    """Yield the values of secret fields, objects and lists in full depth; as far as `raw` is JSON, none is missed."""
    is_secret = False
    inside_secret = [False]
    for start, text, following in _tokens(raw):
        if text in {b"{", b"["}:
            inside_secret.append(inside_secret[-1] or is_secret)
            is_secret = False
        elif text in {b"}", b"]"}:
            inside_secret.pop()
            inside_secret = inside_secret or [False]
        elif text == b",":
            is_secret = False
        elif following == b":":
            is_secret = text.startswith(b'"') and holds_secret(_key(text))
        elif text != b":" and (is_secret or inside_secret[-1]):
            yield from _scalar_span(start, text)


def _tokens(raw: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each token of JSON with where it starts and the one after it; none where no string can name a secret."""
    if b'"' not in raw:
        return
    start, text = 0, b""
    for token in _TOKENS.finditer(raw):
        if text:
            yield start, text, token[0]
        start, text = token.start(), token[0]
    yield start, text, b""


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
    for view in _views(raw):
        for secret in secrets:
            at = view.text.find(secret)
            while at >= 0:
                yield _Span(_before_escape(raw, view.starts[at]), view.ends[at + len(secret) - 1])
                at = view.text.find(secret, at + 1)


def _before_escape(raw: bytes, start: int) -> int:
    """Return `start`, moved before the backslash of an escape: half an escape would make JSON invalid."""
    while raw[start - 1 : start] == b"\\":
        start -= 1
    return start


@dataclass(frozen=True, slots=True)
class _View:
    """An alert's bytes as some reader would undo their escapes, and where each one stood as received."""

    text: bytes
    starts: Sequence[int]
    ends: Sequence[int]


def _views(raw: bytes) -> Iterator[_View]:
    """Yield `raw`, then with JSON's escapes and those of forms undone, each once and twice: relays wrap alerts."""
    received = _View(raw, range(len(raw)), range(1, len(raw) + 1))
    yield received
    for escapes, mark in ((_ESCAPES, b"\\"), (_PERCENT, b"%")):
        view = received
        for _ in range(2):
            if mark not in view.text:
                break
            view = _unescaped(view, escapes)
            yield view


def _unescaped(view: _View, escapes: re.Pattern[bytes]) -> _View:
    plain = bytearray()
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for escape in escapes.finditer(view.text):
        letter = _letter(escape)
        plain += view.text[done : escape.start()] + letter
        starts += [*view.starts[done : escape.start()], *[view.starts[escape.start()]] * len(letter)]
        ends += [*view.ends[done : escape.start()], *[view.ends[escape.end() - 1]] * len(letter)]
        done = escape.end()
    return _View(bytes(plain + view.text[done:]), [*starts, *view.starts[done:]], [*ends, *view.ends[done:]])


def _letter(escape: re.Match[bytes]) -> bytes:
    if escape.re is _PERCENT:
        return bytes.fromhex(escape[1].decode("ascii"))
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
