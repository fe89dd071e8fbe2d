"""The size grammar: what each spelling means, what is refused, and that texts survive the way there and back."""

import contextlib
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from trading.sizes import (
    BadPrice,
    BadSize,
    Distance,
    Size,
    SizeMode,
    format_distance,
    format_size,
    parse_distance,
    parse_price,
    parse_size,
)

SIZES = [
    ("0.5", SizeMode.BASE, "0.5", None),
    ("@0.5", SizeMode.BASE, "0.5", None),
    ("@ 0.006", SizeMode.BASE, "0.006", None),
    (" 3 ", SizeMode.BASE, "3", None),
    (".5", SizeMode.BASE, "0.5", None),
    ("0,5", SizeMode.BASE, "0.5", None),
    ("0,125", SizeMode.BASE, "0.125", None),
    ("1e-05", SizeMode.BASE, "0.00001", None),
    ("1E2", SizeMode.BASE, "100", None),
    ("0.123456789012", SizeMode.BASE, "0.123456789012", None),
    (7, SizeMode.BASE, "7", None),
    (Decimal("1E-7"), SizeMode.BASE, "0.0000001", None),
    ("100 USDT", SizeMode.QUOTE, "100", "USDT"),
    ("100usdt", SizeMode.QUOTE, "100", "USDT"),
    ("100 usd", SizeMode.QUOTE, "100", "USD"),
    ("1e2 USDC", SizeMode.QUOTE, "100", "USDC"),
    ("5EUR", SizeMode.QUOTE, "5", "EUR"),
    ("$100", SizeMode.QUOTE, "100", "USD"),
    ("$ 99,5", SizeMode.QUOTE, "99.5", "USD"),
    ("100$", SizeMode.QUOTE, "100", "USD"),
    ("10%", SizeMode.PERCENT_EQUITY, "0.1", None),
    ("10 %", SizeMode.PERCENT_EQUITY, "0.1", None),
    ("%10", SizeMode.PERCENT_EQUITY, "0.1", None),
    ("1000%", SizeMode.PERCENT_EQUITY, "10", None),
    ("risk 1%", SizeMode.RISK, "0.01", None),
    ("RISK %0.5", SizeMode.RISK, "0.005", None),
    ("risk 100%", SizeMode.RISK, "1", None),
]

REFUSED_NUMBERS = [
    "",
    "   ",
    "0",
    "0.000",
    "-1",
    "NaN",
    "inf",
    "-Infinity",
    "1,000.5",
    "1.000,5",
    "1,000",
    "10,125",
    "1,000e3",
    "1 000",
    "1_000",
    "+1",
    "٣",
    "1e400",
    "1e-400",
    "1e99999999999999999999",
    "9" * 10_000,
    "0." + "1" * 40,
    10**5_000,
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal("1e999999"),
    True,
    1.5,
    "0%",
    "-2%",
    "10%%",
    "%",
    "1001%",
]

REFUSED_SIZES = [
    *REFUSED_NUMBERS,
    "DaviddTech",
    "0.5 BTC",
    "10x",
    "5 lots",
    "100k USDT",
    "100 USDT 5",
    "USDT",
    "$",
    "$1$",
    "$100%",
    "$-5",
    "\U000e0001" * 60,
    "risk",
    "risk 1",
    "risk 0.01",
    "risk 101%",
    "1% risk",
]


@pytest.mark.parametrize(("text", "mode", "value", "currency"), SIZES)
def test_a_size_is_read_as_its_spelling_says(text, mode, value, currency):
    assert parse_size(text) == Size(mode, Decimal(value), currency)


@pytest.mark.parametrize("text", REFUSED_SIZES, ids=lambda _: "text")
def test_a_size_that_is_unclear_or_out_of_range_is_refused_in_one_sentence(text):
    with pytest.raises(BadSize) as refused:
        parse_size(text)
    assert refused.value.code == "INVALID_SIZE"
    assert refused.value.message.endswith(".")
    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,000", "thousands or a decimal comma"),
        ("1,000.5", "thousands separator"),
        ("abc", "not a size"),
        ("-1", "not above zero"),
        ("risk 200%", "more than 100%"),
        ("2000%", "more than 1000%"),
        ("", "empty"),
    ],
)
def test_a_refusal_says_why(text, why):
    with pytest.raises(BadSize, match=why):
        parse_size(text)


def test_numbers_of_any_length_are_refused_at_once():
    started = time.thread_time()
    with pytest.raises(BadSize):
        parse_size(10**100_000)
    with pytest.raises(BadSize):
        parse_size("1" * 1_000_000)
    assert time.thread_time() - started < 0.5


@pytest.mark.parametrize("text", [row[0] for row in SIZES])
def test_a_size_survives_being_written_and_read(text):
    size = parse_size(text)
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("text", "written"),
    [("@0.50", "0.5"), ("$100", "100 USD"), ("%10", "10%"), ("risk 0,5%", "risk 0.5%"), ("1e-05", "0.00001")],
)
def test_a_size_is_written_in_its_plainest_form(text, written):
    assert format_size(parse_size(text)) == written


@given(
    number=st.decimals("0.000000001", "999999999", places=9),
    spelling=st.sampled_from(["{}", "@{}", "{} USDT", "${}"]),
)
def test_every_size_in_units_or_money_survives_being_written_and_read(number, spelling):
    size = parse_size(spelling.format(number))
    assert parse_size(format_size(size)) == size
    assert len(format_size(size)) <= 64


@given(percent=st.decimals("0.0001", "100", places=6), spelling=st.sampled_from(["{}%", "%{}", "risk {}%"]))
def test_every_percent_survives_being_written_and_read(percent, spelling):
    size = parse_size(spelling.format(percent))
    assert size.value * 100 == percent
    assert parse_size(format_size(size)) == size


@given(st.text(max_size=80))
def test_any_text_is_a_size_above_zero_or_refused(text):
    with contextlib.suppress(BadSize):
        assert parse_size(text).value > 0


@pytest.mark.parametrize(
    ("mode", "currency"), [(SizeMode.QUOTE, None), (SizeMode.BASE, "USDT"), (SizeMode.RISK, "USD")]
)
def test_only_a_size_in_money_names_a_currency(mode, currency):
    with pytest.raises(ValueError, match="currency"):
        Size(mode, Decimal(1), currency)


@pytest.mark.parametrize(
    ("text", "price", "fraction"),
    [
        ("63500.0", "63500.0", None),
        (88000, "88000", None),
        (Decimal("0.00001234"), "0.00001234", None),
        ("2%", None, "0.02"),
        ("% 0,5", None, "0.005"),
        ("150%", None, "1.5"),
    ],
)
def test_an_exit_is_a_price_or_a_percent_of_the_entry(text, price, fraction):
    expected = Distance(price and Decimal(price), fraction and Decimal(fraction))
    assert parse_distance(text) == expected
    assert parse_distance(format_distance(expected)) == expected


@pytest.mark.parametrize("parse", [parse_distance, parse_price])
@pytest.mark.parametrize("text", [*REFUSED_NUMBERS, "abc", "$5", "5 USDT", "null"], ids=lambda _: "text")
def test_a_price_that_is_unclear_or_out_of_range_is_refused(parse, text):
    with pytest.raises(BadPrice) as refused:
        parse(text)
    assert refused.value.code == "INVALID_PRICE"
    assert isinstance(refused.value, Invalid)


def test_a_bare_price_takes_no_percent():
    with pytest.raises(BadPrice):
        parse_price("2%")


@pytest.mark.parametrize(("price", "fraction"), [(None, None), (Decimal(1), Decimal(1))])
def test_a_distance_is_exactly_one_of_two(price, fraction):
    with pytest.raises(ValueError, match="either"):
        Distance(price, fraction)
