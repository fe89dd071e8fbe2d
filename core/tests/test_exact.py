"""Exact decimals: what is taken at the door, what is refused, how a number is printed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exact import LARGEST_SCALED, NotExact, exact, from_scaled, plain, to_money, to_scaled

WHOLES = st.integers(-LARGEST_SCALED, LARGEST_SCALED)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0.1", Decimal("0.1")),
        ("  7  ", Decimal(7)),
        ("-1e-8", Decimal("-0.00000001")),
        (3, Decimal(3)),
        (Decimal("1.10"), Decimal("1.10")),
    ],
)
def test_a_number_is_read_from_its_text(value, number):
    assert exact(value) == number


def test_a_whole_number_of_more_digits_than_python_prints_is_read_too():
    assert exact(10**5000) == Decimal("1e5000")


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        1.0,
        True,
        False,
        None,
        "",
        "abc",
        "1,5",
        "1_000",
        "１２",
        "0x10",
        "NaN",
        "sNaN",
        "inf",
        "-Infinity",
        [1],
        {},
    ],
    ids=repr,
)
def test_what_is_no_exact_number_is_refused(value):
    with pytest.raises(NotExact):
        exact(value)


@pytest.mark.parametrize(
    ("value", "scale", "whole"),
    [
        ("1", 8, 10**8),
        ("0.00000001", 8, 1),
        ("-0.00000001", 8, -1),
        ("1.5000000000000000", 8, 150_000_000),
        ("0", 8, 0),
        ("0e999999", 8, 0),
        ("92233720368.54775807", 8, 2**63 - 1),
        ("-92233720368.54775807", 8, 1 - 2**63),
        ("922337203.6854775807", 10, 2**63 - 1),
    ],
)
def test_a_number_becomes_whole_units_of_its_scale(value, scale, whole):
    assert to_scaled(value, scale) == whole


@pytest.mark.parametrize(
    "value",
    [
        "0.000000001",  # nine decimals
        "1.000000000000000000000000000000000000000000000000000000000000000000000000001",  # lost in 60 digits
        "1e-2000000",  # lost below the smallest exponent
        "92233720368.54775808",  # 2^63 units
        "-92233720368.54775808",
        "1e30",
        "1e999999999",
    ],
)
def test_a_number_that_would_lose_digits_is_refused(value):
    with pytest.raises(NotExact):
        to_scaled(value, 8)


@given(WHOLES, st.sampled_from([8, 10]))
def test_scaling_there_and_back_changes_nothing(whole, scale):
    assert to_scaled(from_scaled(whole, scale), scale) == whole


@given(WHOLES)
def test_a_printed_number_reads_back_as_itself(whole):
    assert to_scaled(plain(from_scaled(whole, 8)), 8) == whole


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("100"), "100"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.50000000"), "0.5"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("-0.00000000"), "0"),
        (Decimal("-0"), "0"),
        (Decimal("0E+3"), "0"),
        (Decimal("-1.10"), "-1.1"),
        (None, None),
    ],
)
def test_numbers_are_printed_plainly(number, text):
    assert plain(number) == text


@pytest.mark.parametrize(
    ("number", "money"),
    [
        ("0.000000005", "0"),  # halves go to the even neighbour: 0
        ("0.000000015", "0.00000002"),  # and here to 2
        ("-0.000000015", "-0.00000002"),
        ("0.0000000150000000000000000000001", "0.00000002"),
        ("1.23456789", "1.23456789"),
    ],
)
def test_money_is_rounded_half_to_even(number, money):
    assert to_money(Decimal(number)) == Decimal(money)
