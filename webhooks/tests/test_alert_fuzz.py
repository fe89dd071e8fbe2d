"""Whatever comes in, an alert comes out or a refusal with a reason; nothing else, and quickly."""

import json
import time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from webhooks.reading.alerts import Alert, Reason
from webhooks.reading.parsing import Unreadable, read_alert
from webhooks.reading.synonyms import ANYWHERE, CONTAINERS
from webhooks.secrets import bot_of, find_secret, strike_out

NAMES = st.one_of(st.sampled_from([*ANYWHERE, *CONTAINERS, "secret", "volume"]), st.text(max_size=6))
WORDS = ["buy", "close", "long", "flat", "entry", "0.5", "10%", "risk 1%", "NaN", "{{x}}", "limit", "BTCUSDT", "true"]
UNUSED = st.one_of(st.sampled_from(["secret", "Pass Phrase", "token", "KEY", "volume", "x"]), st.text(max_size=6))
SCALARS = st.one_of(st.sampled_from(WORDS), st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))
BODIES = st.dictionaries(NAMES, VALUES, max_size=8)
ORDER = "order buy @ 0.5 filled on BTCUSDT. New strategy position is 0.5"
PARTS = st.one_of(
    st.sampled_from(
        [*WORDS, *"=:;,&|% \t\n\"'@", "sl=2%", "secret=a", "key ", "passphrase: 'b c'", "\\n", "“", "%20", "-1"]
    ),
    st.sampled_from([ORDER, *ORDER.split(), "sell", "side=", "side: ", "symbol=BTCUSDT", "size=1", "symbol ETHUSDT"]),
    st.text(max_size=4),
)
GOOD = st.sampled_from(
    [ORDER, "buy BTCUSDT 1", "close long ETHUSDT", "side=sell symbol=BTCUSDT", "action: flat\nticker: X"]
)
GAPS = st.sampled_from(["", " ", "\n"])
MIXED = st.tuples(GAPS, st.lists(PARTS, max_size=12)).map(lambda drawn: drawn[0].join(drawn[1]))
TEXTS = st.one_of(MIXED, st.tuples(MIXED, GAPS, GOOD, GAPS, MIXED).map("".join))
SAID = {
    "buy": ("buy", "long"),
    "sell": ("sell", "short"),
    "close": ("close", "exit", "flat", "cover", "buy", "sell"),
}
STARTS = [b"", b'{"side":', b"buy BTCUSDT ", b"side=buy symbol=", ORDER.encode() + b" "]
PIECES = [
    *(b"{", b"[", b'"', b"\\", b'{"a":', b'"\\"', b"{{", b'{"side":"buy",', b"9", b" ", b"\n", b",", b";", b"%41"),
    *(
        b"=",
        b"a=",
        b"a= ",
        b'a="',
        b"a='",
        b"a=\xe2\x80\x9cx;",
        b"a: ",
        b"a b: ",
        b"a=b,",
        b"\\n",
        b"key a ",
        b"secret ",
    ),
    *(b"order ", b"order buy @ 1 filled on ", b"order buy @ 1 filled on a at b. New strategy ", b"buy ", b"a(", b"x,"),
]
RELAXED = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(raw: bytes) -> Alert | Reason:
    try:
        return read_alert(raw)
    except Unreadable as refused:
        code, message = refused.code, refused.message
    assert message.encode().endswith(b".")
    assert len(message) <= 300
    return Reason(code)


def seconds_for(raw: bytes) -> float:
    """The least of three: what a loaded machine adds is left out."""

    def once() -> float:
        began = time.process_time()
        outcome(raw)
        return time.process_time() - began

    return min(once() for _ in range(3))


@given(st.binary(max_size=200))
@RELAXED
def test_any_bytes_are_read_or_refused(raw):
    assert isinstance(outcome(raw), Alert | Reason)
    find_secret(raw)
    bot_of(raw)


@given(BODIES)
@RELAXED
def test_any_json_is_read_or_refused(body):
    assert isinstance(outcome(json.dumps(body).encode()), Alert | Reason)


@given(st.dictionaries(UNUSED, VALUES, max_size=6).map(lambda body: body | {"side": "buy", "symbol": "BTCUSDT"}))
@RELAXED
def test_an_alert_reads_the_same_once_its_secrets_are_struck_out(body):
    raw = json.dumps(body).encode()
    read = outcome(raw)
    assume(isinstance(read, Alert))
    assert outcome(strike_out(raw, ["K3y-of-the-bot"])) == read


@given(TEXTS)
@RELAXED
def test_any_text_is_read_or_refused(text):
    assert isinstance(outcome(text.encode()), Alert | Reason)


def alert_or_none(raw: bytes) -> Alert | None:
    read = outcome(raw)
    return read if isinstance(read, Alert) else None


def stands_in(read: Alert | Reason, text: str) -> bool:
    if isinstance(read, Reason):
        return True
    return read.symbol in text and any(word in text.lower() for word in SAID[read.side])


@given(TEXTS)
@RELAXED
def test_what_a_text_is_read_as_stands_in_it(text):
    assert stands_in(outcome(text.encode()), text)


@given(TEXTS)
@RELAXED
def test_a_text_reads_the_same_once_its_secrets_are_struck_out(text):
    assume("\x00" not in text)
    assert alert_or_none(strike_out(text.encode(), [])) == alert_or_none(text.encode())


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("piece", PIECES)
def test_the_time_to_read_hostile_text_grows_with_its_length_not_the_square(start, piece):
    small, large = (start + piece * (size // len(piece)) for size in (4_096, 65_536))
    assert seconds_for(large) < 64 * max(seconds_for(small), 0.001)  # 16 × the bytes; the square would be 256 ×
