"""Exits by hand: where a stop-loss and a take-profit lie."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.engine.exits import stop_loss_price, take_profit_price

ENTRIES = st.integers(1, 10**7).map(lambda ticks: ticks * Decimal("0.1"))
FRACTIONS = st.decimals("0.0001", "0.9", places=4)


@pytest.mark.parametrize(
    ("direction", "entry", "fraction", "tick", "price"),
    [
        (1, "50000", "0.02", "0.1", "49000"),  # 50,000 × 0.98
        (-1, "50000", "0.02", "0.1", "51000"),  # a short's stop lies above
        (1, "33333.3", "0.01", "0.1", "32999.9"),  # 32,999.967: down, so that it triggers later
        (-1, "33333.3", "0.01", "0.1", "33666.7"),  # 33,666.633: up
        (1, "50000", "1", "0.1", "0"),
    ],
)
def test_stop_loss(direction, entry, fraction, tick, price):
    assert stop_loss_price(direction, Decimal(entry), Decimal(fraction), Decimal(tick)) == Decimal(price)


@pytest.mark.parametrize(
    ("direction", "entry", "fraction", "tick", "price"),
    [
        (1, "50000", "0.02", "0.1", "51000"),
        (-1, "50000", "0.02", "0.1", "49000"),
        (1, "33333.3", "0.01", "0.1", "33666.7"),  # 33,666.633: up, the passive tick of a seller
        (-1, "33333.3", "0.01", "0.1", "32999.9"),  # 32,999.967: down
    ],
)
def test_take_profit(direction, entry, fraction, tick, price):
    assert take_profit_price(direction, Decimal(entry), Decimal(fraction), Decimal(tick)) == Decimal(price)


@given(st.sampled_from([1, -1]), ENTRIES, FRACTIONS)
def test_exits_lie_on_their_own_sides_of_the_entry_and_on_the_tick(direction, entry, fraction):
    stop = stop_loss_price(direction, entry, fraction, Decimal("0.1"))
    target = take_profit_price(direction, entry, fraction, Decimal("0.1"))
    assert (entry - stop) * direction > 0
    assert (target - entry) * direction > 0
    assert stop % Decimal("0.1") == target % Decimal("0.1") == 0


@given(st.sampled_from([1, -1]), ENTRIES, FRACTIONS)
def test_a_stop_is_never_nearer_than_asked(direction, entry, fraction):
    distance = (entry - stop_loss_price(direction, entry, fraction, Decimal("0.1"))) * direction
    assert distance >= entry * fraction - Decimal("1e-10")
