"""Numbers in JSON are read exactly, whatever floats would make of them."""

from decimal import Decimal

import pytest
from rest_framework.exceptions import ParseError

from core.api.parsers import DEEPEST, read_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"0.1", Decimal("0.1")),
        (b"99999999.99999999", Decimal("99999999.99999999")),
        (b"0.30000000000000004", Decimal("0.30000000000000004")),
        (b"1.10", Decimal("1.10")),
        (b"1e-8", Decimal("1E-8")),
        (b"9007199254740993", 9007199254740993),  # 2^53 + 1
        (b"-0.0", Decimal("-0.0")),
    ],
)
def test_a_number_is_what_was_written(text, value):
    assert (read_json(text), str(read_json(text))) == (value, str(value))


def test_a_number_without_end_is_refused_in_our_words():
    with pytest.raises(ParseError) as refused:
        read_json(b"-" + b"9" * 5_000)
    assert str(refused.value.detail) == "The body is not valid JSON: a number of 5001 characters is out of range."


@pytest.mark.parametrize("number", ["99999999.99999999", "0.00000001", "12345678.12345678"])
def test_a_number_reaches_the_ledger_exactly(tom, client_of, number):
    body = b'{"name": "x", "initial_balance": %s}' % number.encode()
    answer = client_of(tom).generic("POST", "/api/v1/accounts", body, "application/json")
    assert answer.json()["balance"] == number


def test_the_deepest_nesting_that_is_taken():
    assert read_json(b"[" * (DEEPEST - 1) + b"1" + b"]" * (DEEPEST - 1)) is not None


def test_one_level_more_is_refused():
    with pytest.raises(ParseError):
        read_json(b"[" * DEEPEST + b"1" + b"]" * DEEPEST)


@pytest.mark.parametrize("text", ["ü", "🚀", "\u2028", "\x7f"])
def test_text_of_every_script_is_taken(text):
    assert read_json(f'{{"a": "{text}"}}'.encode()) == {"a": text}
