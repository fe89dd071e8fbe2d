"""Prices by hand: spread, slippage, ticks."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.engine.prices import (
    market_fill_price,
    quoted_price,
    round_down,
    round_up,
    rounding_tolerance,
    slippage,
)

STEPS = st.sampled_from(
    [
        Decimal("0.00000001"),
        Decimal("0.001"),
        Decimal("0.05"),
        Decimal("0.1"),
        Decimal("0.25"),
        Decimal("0.5"),
        Decimal(1),
        Decimal(5),
        Decimal(1000),
    ]
)
NUMBERS = st.decimals(0, 10**9, places=8)


@pytest.mark.parametrize(
    ("number", "step", "down", "up"),
    [
        ("0.1239", "0.001", "0.123", "0.124"),
        ("0.123", "0.001", "0.123", "0.123"),
        ("0", "0.001", "0", "0"),
        ("0.0009", "0.001", "0", "0.001"),
        ("50000.04", "0.1", "50000", "50000.1"),
        ("6000.3", "0.25", "6000.25", "6000.5"),
        ("6000.25", "0.25", "6000.25", "6000.25"),
        ("17", "5", "15", "20"),
        ("1.00001", "0.00001", "1.00001", "1.00001"),
        # within a billionth of a step it is the multiple: what floats make of 3 × 0.1 is 0.30000000000000004
        ("0.29999999999", "0.1", "0.3", "0.3"),
        ("0.30000000004", "0.1", "0.3", "0.3"),
        # and beyond a billionth it is not
        ("0.2999999998", "0.1", "0.2", "0.3"),
        ("0.3000000002", "0.1", "0.3", "0.4"),
    ],
)
def test_numbers_are_rounded_to_the_step(number, step, down, up):
    assert (round_down(Decimal(number), Decimal(step)), round_up(Decimal(number), Decimal(step))) == (
        Decimal(down),
        Decimal(up),
    )


@given(NUMBERS, STEPS)
def test_rounding_down_never_goes_up_but_by_the_tolerance(number, step):
    assert 0 <= round_down(number, step) <= number + rounding_tolerance(number, step)


@given(NUMBERS, STEPS)
def test_rounding_up_never_goes_down_but_by_the_tolerance(number, step):
    assert round_up(number, step) >= number - rounding_tolerance(number, step)


@pytest.mark.parametrize(
    ("number", "step", "tolerance"),
    [
        ("0.3", "0.1", "0.0000000001000003"),  # 0.1 ÷ 10⁹ + 0.3 ÷ 10¹⁵
        ("150000", "0.01", "0.00000000016"),  # 15 million steps: 10⁻¹¹ + 1.5 × 10⁻¹⁰
        ("92233720368", "0.00000001", "0.00000000001"),  # a thousandth of a step
    ],
)
def test_the_tolerance_of_rounding(number, step, tolerance):
    assert rounding_tolerance(Decimal(number), Decimal(step)) == Decimal(tolerance)


@pytest.mark.parametrize(
    ("largest", "step"),
    [("92233720368.54775807", "0.00000001"), ("92233720368.547", "0.001"), ("922337203.6854775807", "0.0000000001")],
)
def test_the_largest_numbers_are_not_moved(largest, step):
    largest = Decimal(largest)
    assert round_down(largest, Decimal(step)) == round_up(largest, Decimal(step)) == largest


@given(NUMBERS, STEPS)
def test_rounding_moves_by_less_than_a_step(number, step):
    assert number - round_down(number, step) < step
    assert round_up(number, step) - number < step


@given(st.integers(0, 10**9), STEPS)
def test_a_multiple_of_the_step_stays_as_it_is(times, step):
    number = times * step
    assert round_down(number, step) == round_up(number, step) == number


@given(NUMBERS, STEPS)
def test_a_rounded_number_is_a_multiple_and_stays(number, step):
    rounded = round_down(number, step)
    assert rounded % step == 0
    assert round_down(rounded, step) == rounded


@given(NUMBERS, NUMBERS, STEPS)
def test_rounding_keeps_the_order(one, other, step):
    less, more = sorted([one, other])
    assert round_down(less, step) <= round_down(more, step)
    assert round_up(less, step) <= round_up(more, step)


@pytest.mark.parametrize(
    ("direction", "mid", "spread", "price"),
    [
        (1, "50000", "0.0002", "50005"),  # 50,000 × (1 + 0.0001)
        (-1, "50000", "0.0002", "49995"),  # 50,000 × (1 − 0.0001)
        (1, "1.1", "0", "1.1"),
        (-1, "1.1", "0.01", "1.0945"),  # 1.1 × 0.995
    ],
)
def test_a_taker_sees_half_the_spread(direction, mid, spread, price):
    assert quoted_price(direction, Decimal(mid), Decimal(spread)) == Decimal(price)


@pytest.mark.parametrize(
    ("base", "size", "size_unit", "noise", "fraction"),
    [
        ("0.0001", "1", "1", "0", "0.0011"),  # 0.0001 + 0.001 × 1 ÷ 1
        ("0.0001", "0.5", "1", "0", "0.0006"),
        ("0.0001", "1000", "1000", "0", "0.0011"),  # 1,000 DOGE slip as 1 BTC does
        ("0.0001", "0.1", "1", "0.0002", "0.0004"),  # 0.0001 + 0.0001 + 0.0002
        ("0.0001", "0.05", "1", "-0.0001", "0.00005"),
        ("0.0001", "0.05", "1", "-0.0002", "0"),  # 0.00015 − 0.0002 < 0: never better than quoted
        ("0.0001", "100", "1", "0.0002", "0.01"),  # 0.1003: capped
        ("0", "0", "1", "0", "0"),
    ],
)
def test_slippage_grows_with_the_size_up_to_its_cap(base, size, size_unit, noise, fraction):
    assert slippage(
        Decimal(base), Decimal(size), Decimal(size_unit), Decimal("0.001"), Decimal(noise), Decimal("0.01")
    ) == Decimal(fraction)


@given(NUMBERS, NUMBERS, st.decimals("-0.0002", "0.0002", places=8))
def test_slippage_never_leaves_its_bounds_and_never_falls_with_size(one, other, noise):
    less, more = sorted([one, other])
    fractions = [
        slippage(Decimal("0.0001"), size, Decimal(10), Decimal("0.001"), noise, Decimal("0.01"))
        for size in (less, more)
    ]
    assert 0 <= fractions[0] <= fractions[1] <= Decimal("0.01")


@pytest.mark.parametrize(
    ("direction", "quoted", "slipped", "tick", "price"),
    [
        (1, "50000", "0.0006", "0.1", "50030"),  # 50,000 × 1.0006
        (-1, "50000", "0.0006", "0.1", "49970"),
        (1, "50000.05", "0", "0.1", "50000.1"),  # to the tick that is worse for a buyer: up
        (-1, "50000.05", "0", "0.1", "50000"),  # and for a seller: down
        (1, "50000", "0", "0.1", "50000"),
        (1, "33333.3", "0.00011", "0.1", "33337"),  # 33,336.966663
        (-1, "33333.3", "0.00011", "0.1", "33329.6"),  # 33,329.633337
        (-1, "0.00001", "0.01", "0.00001", "0.00001"),  # never below one tick
    ],
)
def test_a_market_order_fills_at_the_worse_tick(direction, quoted, slipped, tick, price):
    assert market_fill_price(direction, Decimal(quoted), Decimal(slipped), Decimal(tick)) == Decimal(price)


@given(st.sampled_from([1, -1]), st.integers(1, 10**9), st.decimals(0, "0.01", places=8), STEPS)
def test_a_market_fill_is_never_better_than_quoted(direction, ticks, slipped, tick):
    quoted = ticks * tick
    price = market_fill_price(direction, quoted, slipped, tick)
    assert (price - quoted) * direction >= 0 or price == tick
    assert price % tick == 0
    assert price > 0
