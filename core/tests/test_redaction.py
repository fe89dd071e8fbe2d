"""Log lines hold no secrets."""

import logging

import pytest

from core.redaction import RedactingFormatter, redact


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Bad Request: /api/v1/webhook/tradingview/s3cret", "Bad Request: /api/v1/webhook/tradingview/***"),
        ('"POST /api/v1/webhook/tradingview/s3cret/ HTTP/1.1"', '"POST /api/v1/webhook/tradingview/***/ HTTP/1.1"'),
        ("GET /api/v1/webhook/tradingview/test", "GET /api/v1/webhook/tradingview/test"),
        ("/ws/1?token=s3cret&since=4", "/ws/1?token=***&since=4"),
        ("Authorization: Bearer s3cret", "Authorization: Bearer ***"),
        ("postgres://desk:s3cret@db:5432/desk", "postgres://desk:***@db:5432/desk"),
        ("redis://:s3cret@127.0.0.1:6379/0 away", "redis://:***@127.0.0.1:6379/0 away"),
        ("http://127.0.0.1:8000/a@b", "http://127.0.0.1:8000/a@b"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_secrets_are_struck_out_and_the_rest_stays(line, shown):
    assert redact(line) == shown


def test_arguments_and_tracebacks_are_struck_out_too():
    try:
        raise ValueError("/webhook/tradingview/s3cret")
    except ValueError as error:
        record = logging.LogRecord("x", 40, "f", 1, "at %s", ("?token=s3cret",), (ValueError, error, None))
    assert "s3cret" not in RedactingFormatter("%(message)s").format(record)


@pytest.mark.parametrize("password", ["hunter2", "HUNTER/2", "a#b", "a:b", "a@b"])
def test_a_password_that_was_not_escaped_is_struck_out_too(password):
    assert redact(f"redis://x:{password}@127.0.0.1:6379/0") == "redis://x:***@127.0.0.1:6379/0"
