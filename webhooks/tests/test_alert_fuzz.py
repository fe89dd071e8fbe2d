"""Whatever comes in, an alert comes out or a refusal with a reason; nothing else, and quickly."""

import json

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
RELAXED = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(raw: bytes) -> Alert | Reason:
    try:
        return read_alert(raw)
    except Unreadable as refused:
        code, message = refused.code, refused.message
    assert message.encode().endswith(b".")
    assert len(message) <= 300
    return Reason(code)


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


@pytest.mark.parametrize("piece", [b"{", b"[", b'"', b"\\", b'{"a":', b'"\\"', b"{{", b'{"side":"buy",', b"9"])
def test_64_kib_of_hostile_text_are_refused(piece):
    assert isinstance(outcome(b'{"side":' + piece * (65_536 // len(piece))), Reason)
