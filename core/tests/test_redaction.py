"""What is logged holds no secrets, in whatever spelling they stand there."""

import time

import pytest

from core.redaction import redact, redact_path, redacted, redacted_items

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.s3cret-s1gnature"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Bad Request: /api/v1/webhook/tradingview/s3cret", "Bad Request: /api/v1/webhook/tradingview/***"),
        ('"POST /api/v1/webhook/tradingview/s3cret/ HTTP/1.1"', '"POST /api/v1/webhook/tradingview/*** HTTP/1.1"'),
        ("GET /api/v1/webhook/tradingview/test", "GET /api/v1/webhook/tradingview/test"),
        ("/webhook/tradingview/test-s3cret", "/webhook/tradingview/***"),
        ("/webhook/tradingviews/s3cret", "/webhook/***"),
        ("/webhook/s3cret", "/webhook/***"),
        ("/webhook/deliveries/4?limit=2", "/webhook/deliveries/4?limit=2"),
        ("/webhook/lint", "/webhook/lint"),
        ("/ws/1?token=s3cret&since=4", "/ws/1?token=***&since=4"),
        ("/x?a=1&refresh_token=s3cret&api_secret=s3cret&b=2", "/x?a=1&refresh_token=***&api_secret=***&b=2"),
        ("next=%2Fws%3Ftoken%3Ds3cret", "next=%2Fws%3Ftoken%3D***"),
        ("api_key=s3cret, api-key: s3cret", "api_key=***, api-key: ***"),
        ("passphrase=s3cret; key=s3cret", "passphrase=***; key=***"),
        ("botkey=s3cret&webhookkey=s3cret, authkey: s3cret", "botkey=***&webhookkey=***, authkey: ***"),
        ('{"webhookKey": "s3cret s3cret", "botKey": "s3cret"}', '{"webhookKey": ***", "botKey": ***"}'),
        ("auth=s3cret&pass=s3cret&pwd=s3cret&my_pass=s3cret", "auth=***&pass=***&pwd=***&my_pass=***"),
        ("author=Tom, bypass=7, passed: 7", "author=Tom, bypass=7, passed: 7"),
        ('{"password": "s3cret", "side": "buy"}', '{"password": ***", "side": "buy"}'),
        ('{"password": "s3\\"cret s3cret", "a": 1}', '{"password": ***", "a": 1}'),
        ("{'new_password': 's3cret s3cret', 'a': 1}", "{'new_password': ***', 'a': 1}"),
        (r'"{\"secret\": \"s3cret s3cret\", \"a\": 1}"', r'"{\"secret\": ***\", \"a\": 1}"'),
        ('b\'{"token": "s3cret"}\'', 'b\'{"token": ***"}\''),
        ("{'password': ['s3cret', 's3cret'], 'a': 1}", "{'password': ***], 'a': 1}"),
        ("settings['SECRET_KEY'] = 's3cret'", "settings['SECRET_KEY'] = ***'"),
        ("Authorization: Bearer s3cret", "Authorization: ***"),
        ("Authorization: Whatever s3cret, s3cret", "Authorization: ***"),
        ("{'HTTP_AUTHORIZATION': 'Odd s3cret', 'a': 1}", "{'HTTP_AUTHORIZATION': ***', 'a': 1}"),
        ("(b'authorization', b'Odd s3cret')", "(b'authorization', ***')"),
        ("it said Bearer s3cret and Basic czNjcmV0", "it said Bearer *** and Basic ***"),
        ("Cookie: sessionid=s3cret; csrftoken=s3cret", "Cookie: ***"),
        ('Set-Cookie: sessionid="s3cret s3cret"; Path=/', "Set-Cookie: ***"),
        ("X-TradingView-Signature: 0f0fs3cret", "X-TradingView-Signature: ***"),
        (f"the token {JWT} has expired", "the token *** has expired"),
        ("postgres://desk:s3cret@db:5432/desk", "postgres://desk:***@db:5432/desk"),
        ("redis://:s3cret@127.0.0.1:6379/0 away", "redis://:***@127.0.0.1:6379/0 away"),
        ("http://127.0.0.1:8000/a@b", "http://127.0.0.1:8000/a@b"),
        ("a monkey=7, keyboard, a tokenless key", "a monkey=7, keyboard, a tokenless key"),
        ("nothing to hide: 7 = 7", "nothing to hide: 7 = 7"),
    ],
)
def test_secrets_are_struck_out_and_the_rest_stays(line, shown):
    assert redact(line) == shown


@pytest.mark.parametrize("password", ["hunter2", "HUNTER/2", "a#b", "a:b", "a@b"])
def test_a_password_that_was_not_escaped_is_struck_out_too(password):
    assert redact(f"redis://x:{password}@127.0.0.1:6379/0") == "redis://x:***@127.0.0.1:6379/0"


def test_a_key_in_a_path_may_hold_spaces():
    assert redact_path("/api/v1/webhook/tradingview/s3 cret ?s3cret") == "/api/v1/webhook/tradingview/***"


def test_a_secret_is_known_by_its_name_however_deep_it_lies():
    value = {"a": [{"api_secret": "s3cret", "b": ("token=s3cret", 7)}], b"token": {"x": "s3cret"}}
    assert redacted(value) == {"a": [{"api_secret": "***", "b": ["token=***", 7]}], "b'token'": "***"}


class Sulky:
    def __repr__(self):
        raise ZeroDivisionError


class Telling:
    def __repr__(self):
        return "Telling(token='s3cret')"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Sulky(), "<Sulky whose repr raises ZeroDivisionError>"),
        (Telling(), "Telling(token=***')"),
        (ValueError("?token=s3cret"), "ValueError('?token=***')"),
        (b"?token=s3cret", "b'?token=***'"),
        ({1: None, None: 1.5}, {"1": None, "None": 1.5}),
        (float("nan").__class__, "<class 'float'>"),
    ],
)
def test_a_value_of_any_kind_can_be_shown(value, shown):
    assert redacted(value) == shown


def test_what_holds_itself_ends():
    value: list = ["token=s3cret"]
    value.append(value)
    assert "s3cret" not in str(redacted(value))


def test_named_values_are_struck_out_by_their_names():
    assert redacted_items([("webhook_key", 7), ("status", 200)]) == {"webhook_key": "***", "status": 200}


PIECES = [
    "token",
    "token=",
    '"',
    "\\",
    'key="\\',
    "authorization:",
    "cookie ",
    "eyJ",
    "eyJ-",
    "://a:",
    "key ",
    "/webhook",
]


@pytest.mark.parametrize("piece", PIECES)
def test_the_work_grows_with_the_length_only(piece):
    began = time.process_time()
    redact(piece * 20_000)
    assert time.process_time() - began < 2.0  # it is a tenth of that; where it grows with the square, a minute
