"""Sizes by hand: from money, from a share of equity, from what may be lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.engine.prices import round_down
from trading.engine.sizing import size_of_amount, size_of_equity_share, size_of_risk

PRICES = st.decimals("0.01", 10**6, places=2)


@pytest.mark.parametrize(
    ("amount", "price", "size"), [("5000", "50000", "0.1"), ("100", "2500", "0.04"), ("1", "0.5", "2"), ("0", "5", "0")]
)
def test_size_of_an_amount(amount, price, size):
    assert size_of_amount(Decimal(amount), Decimal(price)) == Decimal(size)


@pytest.mark.parametrize(
    ("equity", "share", "leverage", "price", "size"),
    [
        ("10000", "0.1", 5, "50000", "0.1"),  # margin 1,000, notional 5,000
        ("10000", "0.1", 1, "50000", "0.02"),
        ("10000", "1", 10, "50000", "2"),
        ("10000", "2.5", 1, "50000", "0.5"),
        ("0", "0.1", 5, "50000", "0"),
        ("-500", "0.1", 5, "50000", "0"),  # who owes trades nothing
    ],
)
def test_size_of_a_share_of_equity(equity, share, leverage, price, size):
    assert size_of_equity_share(Decimal(equity), Decimal(share), leverage, Decimal(price)) == Decimal(size)


@pytest.mark.parametrize(
    ("equity", "share", "entry", "stop", "size"),
    [
        ("10000", "0.01", "50000", "49000", "0.1"),  # 100 lost over 1,000 a BTC
        ("10000", "0.01", "50000", "51000", "0.1"),  # a short's stop lies above
        ("10000", "0.02", "2500", "2450", "4"),
        ("-1", "0.01", "50000", "49000", "0"),
    ],
)
def test_size_of_a_risk(equity, share, entry, stop, size):
    assert size_of_risk(Decimal(equity), Decimal(share), Decimal(entry), Decimal(stop)) == Decimal(size)


@given(st.decimals(1, 10**6, places=2), PRICES, st.decimals("0.0001", "0.5", places=4))
def test_a_size_of_risk_loses_no_more_than_the_risk_at_the_stop(equity, entry, distance):
    stop = entry * (1 - distance)
    size = round_down(size_of_risk(equity, Decimal("0.01"), entry, stop), Decimal("0.001"))
    assert size * (entry - stop) <= equity * Decimal("0.01") * (1 + Decimal("1e-9"))


@given(st.decimals(1, 10**6, places=2), PRICES)
def test_a_size_of_an_amount_costs_no_more_than_the_amount(amount, price):
    size = round_down(size_of_amount(amount, price), Decimal("0.001"))
    assert size * price <= amount + price * Decimal("1e-12")


@given(st.decimals(1, 10**6, places=2), st.decimals("0.01", 1, places=2), st.integers(1, 100), PRICES)
def test_a_size_of_equity_ties_up_no_more_than_the_share(equity, share, leverage, price):
    size = round_down(size_of_equity_share(equity, share, leverage, price), Decimal("0.001"))
    assert size * price / leverage <= equity * share + price * Decimal("1e-12")
