"""The secret in an alert, the bot it names, and the evidence with the secrets struck out."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.redaction import is_secret_name, redact
from webhooks.secrets import SECRET_NAMES, bot_of, find_secret, holds_secret, strike_out

KEY = "K3y/of+the-bot"
ESCAPED = "".join(f"\\u{ord(letter):04X}" for letter in KEY)

FOUND = [
    (b'{"secret": "a"}', "a"),
    (b'{"Pass-Phrase": "a"}', "a"),
    (b'{"signalToken": "a"}', "a"),
    (b'{"webhook_key": "a"}', "a"),
    (b'{"key": "b", "token": "c", "secret": "a"}', "a"),
    (b'{"\\u0073ecret": "\\u0061"}', "a"),
    (b'\xef\xbb\xbf{"secret": "a", "rsi": NaN, "secret": "a"}', "a"),
    (b'{"secret": "a", "note": "\xff"}', "a"),
    (b'{"passphrase": 1945}', "1945"),
    (b'{"timeframe": S, "secret": "a b"}', "a b"),
    (b"EXCHANGE=KUCOIN;secret=a;side=sell", "a"),
    (b"secret: 'a'", "a"),
    (b'"key": "a",\n "msg": "Long "', "a"),
    (b"side=buy secret=a size=1", "a"),
    (b"side=buy&secret=a%2Fb%26c&size=1", "a/b&c"),
    (b"side=buy&secret=50%&size=1", "50%"),
    (b"EXCHANGE=X;\\nsecret=a\\nside=buy", "a"),
    (b"secret=\nside=buy\ntoken=a", "a"),
    (b"secret=YQ==", "YQ=="),
    (b"buy BTCUSDT 0.1 passphrase a", "a"),
    (b"secret a buy BTCUSDT", "a"),
    (b"webhook key a", "a"),
    (b"Golden Key (9): order buy @ 1 filled on X. New strategy position is 1\ntoken=a", "a"),
    (b"Secret Sauce (9): order buy @ 1 filled on X. New strategy position is 1\nkey=a", "a"),
    (b"Golden Key: order buy @ 1 filled on X", None),
    (b"secret=\nside=buy", None),
    (b"email_token=a", None),
    (b'{"secret": ""}', None),
    (b'{"secret": null, "token": ["a"]}', None),
    (b'{"secret": "\\ud800"}', None),
    (b'{"secret": "%s"}' % (b"a" * 513), None),
    (b'{"tv": {"secret": "a"}}', None),
    (b'{"note": "secret=a"}', None),
    (b"buy BTCUSDT", None),
    (b"\xff\xfe", None),
    (b"", None),
]

STRUCK = [
    (b'{"secret": "a", "side": "buy"}', b'{"secret": "***", "side": "buy"}'),
    (b'{ "PASSPHRASE" :"a\\"b" }', b'{ "PASSPHRASE" :"***" }'),
    (b'{"\\u0073ecret": "a"}', b'{"\\u0073ecret": "***"}'),
    (b'{"a": [{"token": "b"}]}', b'{"a": [{"token": "***"}]}'),
    (b'{"key": 12.5, "side": "buy"}', b'{"key": "***", "side": "buy"}'),
    (b'{"key": NaN, "side": "buy"}', b'{"key": "***", "side": "buy"}'),
    (b'{"key": null, "token": true, "secret": ""}', b'{"key": null, "token": true, "secret": ""}'),
    (b'{"auth": {"user": "a", "n": [1]}, "b": "c"}', b'{"auth": {"user": "***", "n": ["***"]}, "b": "c"}'),
    (b'{"m": "{\\"secret\\": \\"a\\"}"}', b'{"m": "{\\"secret\\": \\"***\\"}"}'),
    (b'{"secret": "a", "tf": S}', b'{"secret": "***", "tf": S}'),
    (b'{"secret": "a', b'{"secret": "***'),
    (b'x "b", "secret": "a"', b'x "b", "secret": "***"'),
    (b'odd " quote, "secret": "a"', b'odd " quote, "secret": "***"'),
    (b"a=1;secret = b;c=2", b"a=1;secret = ***;c=2"),
    (b"buy,api_key=b,c=2", b"buy,api_key=***,c=2"),
    (b"secret: 'a b'\nside: buy", b"secret: '***'\nside: buy"),
    ("“secret”: “a b”, “side”: “buy”".encode(), "“secret”: “***”, “side”: “buy”".encode()),
    (b"secret='a b' side=buy", b"secret='***' side=buy"),
    (b'a=1&secret="a b"&c=2', b'a=1&secret="***"&c=2'),
    (b"secret=a\\nside=buy", b"secret=***\\nside=buy"),
    (b"secret=\nsl=2%\nside=buy", b"secret=\nsl=2%\nside=buy"),
    (b"symbol=KEY size=1", b"symbol=KEY size=1"),
    (b"buy X passphrase a\ntoken b, c", b"buy X passphrase ***\ntoken ***, c"),
    (b"key: close long BTCUSDT", b"key: close long BTCUSDT"),
    (b"Low Pass order buy @ 1", b"Low Pass order buy @ 1"),
    (b'{"email_token": "a"}', b'{"email_token": "***"}'),
    (b"broker_api_key=a", b"broker_api_key=***"),
    (b'{"monkey": "a", "keys": "b"}', b'{"monkey": "a", "keys": "b"}'),
    (b'{"note": "the key: 5"}', b'{"note": "the key: 5"}'),
    (b"", b""),
]

KNOWN = [
    (f'{{"note": "my {KEY}!"}}', '{"note": "my ***!"}'),
    (f'{{"note": "{KEY}{KEY}"}}', '{"note": "***"}'),
    (f'{{"note": "{ESCAPED}"}}', '{"note": "***"}'),
    (f'{{"note": "{ESCAPED.lower()}"}}', '{"note": "***"}'),
    ('{"note": "K3y\\/of+the-bot"}', '{"note": "***"}'),
    ('{"note": "K3y\\\\/of+the-b\\\\u006ft"}', '{"note": "***"}'),
    ('{"note": "\\nK3y/of+the-bot"}', '{"note": "\\n***"}'),
    (f'{{"{KEY}": 1}}', '{"***": 1}'),
    (f"plain {KEY} text", "plain *** text"),
    ("note=K3y%2Fof%2Bthe-bot&a=%2F", "note=***&a=%2F"),
    ("note=%4b3y%252fof%252Bthe%2Dbot.", "note=***."),
]

HOSTILE = [
    *(b"secret=", b'"secret":', b'{"secret":', b'secret="', b"secret='", b"secret: ", b"secret=}", b'"secret" '),
    *(b"[", b"{", b"\\", b'\\"', b'"', b'"":', b",", b" ", b"a", b"a-", b"9", b"\\u0061", b'secret=\\"\\'),
    *(b"secret=\xe2\x80\x9c", b"\xe2\x80\x9c", b'{"secret":{"', b"]"),
    *(b"%41", b"%", b"secret=%41&", b"secret ", b"key a ", b"secret key ", b"secret \t", b"secret='a' ", b"\\n"),
]


@pytest.mark.parametrize(("raw", "secret"), FOUND)
def test_the_secret_at_the_top_of_an_alert_is_found(raw, secret):
    assert find_secret(raw) == secret


@pytest.mark.parametrize(
    ("raw", "bot"),
    [
        (b'{"botname": "Groot"}', ("Groot", None)),
        (b'{"Bot_Name": " Groot ", "bot-id": "7d2c"}', ("Groot", "7d2c")),
        (b'{"bot": "Groot", "botname": "Groot"}', ("Groot", None)),
        (b'{"bot": "Groot", "botname": "Rocket"}', (None, None)),
        (b'{"bot": {"name": "Groot"}, "bot_id": ""}', (None, None)),
        (b'{"bot": "\\udc00", "bot_id": "%s"}' % (b"a" * 201), (None, None)),
        (b'["Groot"]', (None, None)),
        (b"botname=Groot", (None, None)),
        (b"[" * 100_000, (None, None)),
    ],
)
def test_the_bot_that_an_alert_names_is_found(raw, bot):
    assert bot_of(raw) == bot


@pytest.mark.parametrize(("raw", "struck"), STRUCK)
def test_the_values_of_secret_fields_are_struck_and_all_else_stays(raw, struck):
    assert strike_out(raw, []) == struck


@pytest.mark.parametrize(("raw", "struck"), KNOWN)
def test_a_known_secret_is_struck_wherever_and_however_it_is_written(raw, struck):
    assert strike_out(raw.encode(), [KEY, ""]) == struck.encode()


def test_a_known_secret_outside_of_the_first_plane_is_struck_from_its_escapes():
    assert strike_out(b'{"a": "x\\ud83d\\ude00y", "b": "\xf0\x9f\x98\x80"}', ["😀"]) == b'{"a": "x***y", "b": "***"}'


def test_of_known_secrets_that_overlap_nothing_is_left():
    assert strike_out(b"abcdef aaaaa", ["abcd", "cdef", "aaa"]) == b"*** ***"


def test_an_escaped_line_end_before_a_known_secret_leaves_the_json_valid():
    struck = strike_out(b'{"note": "\\nabcdef"}', ["nabcdef"])
    assert json.loads(struck) == {"note": "***"}


@pytest.mark.parametrize(
    "written",
    [str, lambda text: json.dumps({"note": text}), lambda text: json.dumps({"note": text}, ensure_ascii=False)],
    ids=["text", "ascii json", "json"],
)
@given(
    secret=st.text("abK/\\\"'=:,{}é😀 ", min_size=1, max_size=6),
    before=st.text('abK/\\"{}:, secret=', max_size=20),
    after=st.text('abK/\\"{}:, ', max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_no_known_secret_is_ever_left(written, secret, before, after):
    raw = written(before + secret + after).encode()
    assert secret.encode() not in strike_out(raw, [secret])


@given(raw=st.binary(max_size=100), known=st.lists(st.text(max_size=3), max_size=3))
@settings(deadline=None)
def test_any_bytes_can_be_struck_out(raw, known):
    assert isinstance(strike_out(raw, known), bytes)


def seconds_for(raw: bytes) -> float:
    """The least of three: what a loaded machine adds is left out."""

    def once() -> float:
        began = time.process_time()
        strike_out(raw, ["a" * 32, "a" * 40 + "b", "}" * 32])
        find_secret(raw)
        bot_of(raw)
        return time.process_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", [b"", b'{"secret":"', b"secret="])
def test_the_work_on_hostile_bytes_grows_with_their_number_not_its_square(start, piece):
    small, large = ((start + piece * size)[:size] for size in (4_096, 65_536))
    assert seconds_for(large) < 64 * max(seconds_for(small), 0.001)  # 16 × the bytes; the square would be 256 ×


@pytest.mark.parametrize("name", [*SECRET_NAMES, "emailtoken", "broker_api_key", "webhookKey"])
def test_what_is_a_secret_in_an_alert_is_one_in_a_log_too(name):
    assert (holds_secret(name), is_secret_name(name)) == (True, True)
    assert redact(f"{name}=s3cret") == f"{name}=***"
