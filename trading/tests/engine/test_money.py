"""Money by hand: fees, profit, margin, and what leaves with a part of a position."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exact import to_money
from trading.engine.money import (
    closing_part,
    commission,
    cost_of_part,
    initial_margin,
    maintenance_margin,
    profit,
    unrealized_profit,
)

SIZES = st.decimals("0.00000001", 10**6, places=8)
PRICES = st.decimals("0.0001", 10**6, places=4)


@pytest.mark.parametrize(
    ("notional", "fee"),
    [
        ("5000", "1"),  # 5,000 × 0.0002
        ("50", "0.01"),  # 50 × 0.0002 is the least
        ("49.99", "0.01"),  # 0.009998, below the least
        ("0", "0.01"),
        ("1234567.89", "246.913578"),
    ],
)
def test_commission_is_a_share_of_the_notional_and_at_least_the_least(notional, fee):
    assert commission(Decimal(notional), Decimal("0.0002"), Decimal("0.01")) == Decimal(fee)


@pytest.mark.parametrize(
    ("direction", "exit_cost", "entry_cost", "earned"),
    [
        (1, "5100", "5000", "100"),  # long: sold for more than bought
        (1, "4900", "5000", "-100"),
        (-1, "4900", "5000", "100"),  # short: bought back for less than sold
        (-1, "5100", "5000", "-100"),
        (1, "5000", "5000", "0"),
    ],
)
def test_profit_of_closing(direction, exit_cost, entry_cost, earned):
    assert profit(direction, Decimal(exit_cost), Decimal(entry_cost)) == Decimal(earned)


@pytest.mark.parametrize(
    ("direction", "size", "entry_cost", "mark", "earned"),
    [
        (1, "0.1", "5000", "51000", "100"),  # 0.1 × 51,000 − 5,000
        (1, "0.1", "5000", "49000", "-100"),
        (-1, "0.1", "5000", "49000", "100"),
        (-1, "0.1", "5000", "51000", "-100"),
        (-1, "3", "10.5", "3.5", "0"),
    ],
)
def test_profit_of_an_open_position(direction, size, entry_cost, mark, earned):
    assert unrealized_profit(direction, Decimal(size), Decimal(entry_cost), Decimal(mark)) == Decimal(earned)


@pytest.mark.parametrize(
    ("notional", "leverage", "margin"), [("5000", 10, "500"), ("5000", 1, "5000"), ("5000", 100, "50"), ("0", 5, "0")]
)
def test_initial_margin_is_notional_over_leverage(notional, leverage, margin):
    assert initial_margin(Decimal(notional), leverage) == Decimal(margin)


@pytest.mark.parametrize(
    ("notional", "rate", "margin"), [("5000", "0.005", "25"), ("5000", "0.01", "50"), ("0", "0.01", "0")]
)
def test_maintenance_margin_is_a_share_of_the_notional(notional, rate, margin):
    assert maintenance_margin(Decimal(notional), Decimal(rate)) == Decimal(margin)


@pytest.mark.parametrize(
    ("entry_cost", "size", "part", "cost"),
    [
        ("5000", "0.1", "0.05", "2500"),
        ("5000", "0.1", "0.1", "5000"),
        ("5000", "0.1", "0.2", "5000"),  # never more than all of it
        ("10", "3", "1", "3.33333333"),  # 3.333333333…, to money
        ("10", "3", "2", "6.66666667"),
        ("0.00000001", "3", "1", "0"),  # a third of the least amount
        ("0.00000001", "3", "3", "0.00000001"),
    ],
)
def test_cost_leaves_pro_rata_and_all_of_it_with_the_last_part(entry_cost, size, part, cost):
    assert to_money(cost_of_part(Decimal(entry_cost), Decimal(size), Decimal(part))) == Decimal(cost)


@pytest.mark.parametrize(
    ("held_direction", "held", "direction", "size", "closes"),
    [
        (1, "0.3", -1, "0.1", "0.1"),
        (1, "0.3", -1, "0.3", "0.3"),
        (1, "0.3", -1, "0.5", "0.3"),  # the rest, 0.2, opens
        (-1, "0.3", 1, "0.5", "0.3"),
        (1, "0.3", 1, "0.5", "0"),
        (-1, "0.3", -1, "0.5", "0"),
    ],
)
def test_an_order_closes_what_is_held_against_it(held_direction, held, direction, size, closes):
    assert closing_part(held_direction, Decimal(held), direction, Decimal(size)) == Decimal(closes)


@given(SIZES, PRICES, st.lists(st.decimals("0.01", "0.99", places=2), max_size=8))
def test_closing_in_parts_returns_exactly_the_whole_cost(size, price, shares):
    entry_cost = left = to_money(size * price)
    returned = Decimal(0)
    for share in shares:
        part = (size * share).quantize(Decimal("0.00000001"))
        cost = to_money(cost_of_part(left, size, part))
        assert 0 <= cost <= left
        returned, left, size = returned + cost, left - cost, size - part
    assert returned + to_money(cost_of_part(left, size, size)) == entry_cost


@given(st.sampled_from([1, -1]), SIZES, PRICES, PRICES)
def test_what_a_position_shows_is_what_closing_it_at_that_price_books(direction, size, entry, mark):
    entry_cost = to_money(size * entry)
    shown = unrealized_profit(direction, size, entry_cost, mark)
    assert abs(shown - profit(direction, to_money(size * mark), entry_cost)) <= Decimal("0.000000005")


@given(SIZES, PRICES, PRICES)
def test_a_long_and_a_short_of_the_same_size_cancel(size, entry, mark):
    cost = to_money(size * entry)
    assert unrealized_profit(1, size, cost, mark) + unrealized_profit(-1, size, cost, mark) == 0


@given(st.lists(st.tuples(SIZES, PRICES), min_size=1, max_size=8), PRICES)
def test_buying_in_parts_and_selling_all_is_flat_and_the_books_sum(buys, exit_price):
    # what was paid + what was earned = what was received
    paid = sum(to_money(size * price) for size, price in buys)
    size = sum(size for size, _ in buys)
    received = to_money(size * exit_price)
    assert closing_part(1, size, -1, size) == size
    assert paid + profit(1, received, to_money(cost_of_part(paid, size, size))) == received


@pytest.mark.parametrize(
    ("leverage", "direction", "exit_price", "kept"),
    [
        # 0.1 BTC from 50,000 ties up 5,000 ÷ 10 = 500; fees 1 in and 1.02 or 0.98 out
        (10, 1, "51000", "597.98"),  # 500 + 100 − 1 − 1.02
        (10, 1, "49000", "398.02"),  # 500 − 100 − 1 − 0.98
        (10, -1, "49000", "598.02"),  # the short is the mirror: 500 + 100 − 1 − 0.98
        (10, -1, "51000", "397.98"),
        (1, 1, "51000", "5097.98"),  # at leverage 1 the same profit on ten times the money
    ],
)
def test_the_example_a_trader_can_check(leverage, direction, exit_price, kept):
    entry, out = Decimal("0.1") * 50000, Decimal("0.1") * Decimal(exit_price)
    fees = commission(entry, Decimal("0.0002"), Decimal("0.01")) + commission(out, Decimal("0.0002"), Decimal("0.01"))
    assert initial_margin(entry, leverage) + profit(direction, out, entry) - fees == Decimal(kept)
