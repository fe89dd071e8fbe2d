"""Metrics by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.engine.metrics import (
    cagr,
    calmar,
    expectancy,
    growth,
    max_drawdown,
    profit_factor,
    returns_without_payments,
    sharpe,
    sortino,
    total_return,
    volatility,
    win_rate,
)

near = pytest.approx
RETURNS = [0.02, -0.01, 0.03, 0.0]
TRADES = [100.0, -50.0, 30.0, 0.0, -20.0]
SMALL = st.floats(-0.5, 0.5)
MONEY = st.integers(-(10**17), 10**17).map(lambda units: units / 10**8)


def test_what_is_paid_in_is_no_return():
    # 1,000 → 1,100 is 10%; 500 are paid in, and 1,600 − 500 is what there was; 1,600 → 1,520 is −5%
    gained = returns_without_payments([1000, 1100, 1600, 1520], [1000, 1000, 1500, 1500])
    assert gained == near([0.1, 0, -0.05])


def test_what_is_paid_out_is_no_loss():
    # 1,000 → 400 after 600 were taken; 400 → 440 is 10%
    assert returns_without_payments([1000, 400, 440], [1000, 400, 400]) == near([0, 0.1])


def test_nothing_is_gained_on_nothing():
    # an account without money, 100 paid in, then 110: only the 10 are a gain
    assert returns_without_payments([0, 100, 110], [0, 100, 100]) == near([0, 0.1])


def test_a_single_value_has_no_returns():
    assert returns_without_payments([1000], [1000]) == []


def test_growth_multiplies():
    # 1 × 1.1 × 0.95 = 1.045
    assert growth([0.1, -0.05]) == near([1, 1.1, 1.045])


def test_what_is_all_gone_stays_so():
    assert growth([0.1, -1.2, 0.5]) == near([1, 1.1, 0, 0])


@pytest.mark.parametrize(
    ("equity", "gained"),
    [
        ([1000, 1250], 0.25),  # 1,250 ÷ 1,000 − 1
        ([1000, 400, 900], -0.1),
        ([1000, -100], -1.1),  # more than there was
        ([1000], None),
        ([], None),
        ([0, 100], None),
    ],
)
def test_total_return(equity, gained):
    assert total_return(equity) == near(gained)


@pytest.mark.parametrize(
    ("equity", "days", "gained"),
    [
        ([1000, 1210], 730, 0.1),  # 1.21 ^ (365 ÷ 730) = 1.1
        ([1000, 1100], 365, 0.1),
        ([1000, 500], 182.5, -0.75),  # 0.5 ^ 2 − 1
        ([1000, 1001], 1, 0.440251),  # 1.001 ^ 365 − 1
        ([1000, 1001], 0.9, None),  # less than a day
        ([1000, 0], 365, None),
        ([0, 1000], 365, None),
        ([1000], 365, None),
        ([1, 1e9], 1, None),  # 10^3285 is more than a float holds
    ],
)
def test_cagr(equity, days, gained):
    assert cagr(equity, days) == (None if gained is None else near(gained, rel=1e-5))


def test_volatility():
    # mean 0.01; squares 0.0001 + 0.0004 + 0.0004 + 0.0001 = 0.001; ÷ 3, root: 0.0182574; × √365 = 0.348807
    assert volatility(RETURNS, 365) == near(0.348807, abs=1e-6)


@pytest.mark.parametrize(
    ("periods", "ratio"),
    [
        (365, 10.464225),  # 0.01 ÷ 0.0182574 = 0.547723; × 19.104973
        (252, 8.694826),  # × 15.874508
    ],
)
def test_sharpe(periods, ratio):
    assert sharpe(RETURNS, periods) == near(ratio, abs=1e-5)


def test_a_loss_has_a_sharpe_below_zero():
    # mean −0.01, std 0.0141421: −0.707107 × √365
    assert sharpe([0.0, -0.02], 365) == near(-13.509256, abs=1e-5)


def test_two_returns_have_a_sortino():
    # mean −0.01; √(0.02² ÷ 2) = 0.0141421: −0.707107 × √365
    assert sortino([0.0, -0.02], 365) == near(-13.509256, abs=1e-5)


def test_sortino_counts_all_returns():
    # 0.01² ÷ 4 = 0.000025, root 0.005; 0.01 ÷ 0.005 = 2; × √365 = 38.209946
    assert sortino(RETURNS, 365) == near(38.209946, abs=1e-6)


@pytest.mark.parametrize("returns", [[], [0.1], [0.0, 0.0], [0.1] * 10, [0.01] * 365])
def test_without_a_spread_there_is_no_sharpe(returns):
    assert sharpe(returns, 365) is None


@pytest.mark.parametrize("returns", [[], [-0.1], [0.0, 0.0], [0.1, 0.2]])
def test_without_a_loss_there_is_no_sortino(returns):
    assert sortino(returns, 365) is None


@pytest.mark.parametrize(("returns", "spread"), [([], None), ([0.1], None), ([0.1, 0.1], 0)])
def test_the_least_that_has_a_volatility(returns, spread):
    assert volatility(returns, 365) == spread


@pytest.mark.parametrize(
    ("equity", "fall"),
    [
        ([100, 120, 90, 130, 104], -0.25),  # 90 ÷ 120 − 1; 104 ÷ 130 − 1 is −0.2
        ([100, 80], -0.2),  # the first value is a height too
        ([100, 110, 120], 0),
        ([100, -5], -1),  # all of it
        ([100], 0),
        ([], None),
        ([0, 100], None),
    ],
)
def test_max_drawdown(equity, fall):
    assert max_drawdown(equity) == near(fall)


@pytest.mark.parametrize(
    ("yearly", "fall", "ratio"),
    [
        (0.3, -0.15, 2),
        (-0.3, -0.15, -2),
        (0.3, 0, None),
        (None, -0.15, None),
        (0.3, None, None),
    ],
)
def test_calmar(yearly, fall, ratio):
    assert calmar(yearly, fall) == near(ratio)


def test_trades():
    assert win_rate(TRADES) == near(0.4)  # 2 of 5: the draw is counted, and won nothing
    assert profit_factor(TRADES) == near(130 / 70)
    assert expectancy(TRADES) == near(12)  # 0.4 × 65 − 0.4 × 35


def test_no_trades():
    assert (win_rate([]), profit_factor([]), expectancy([])) == (None, None, None)


def test_without_a_loss_the_profit_factor_is_none_and_not_infinite():
    assert (profit_factor([5.0, 0.0]), profit_factor([-5.0])) == (None, 0)


@given(st.lists(SMALL, min_size=1, max_size=60))
def test_growth_and_its_returns_undo_each_other(returns):
    grown = growth(returns)
    assert returns_without_payments(grown, [0] * len(grown)) == near(returns, abs=1e-9)


@given(st.lists(MONEY, max_size=60), st.floats(0, 4000))
def test_nothing_is_ever_infinite(values, days):
    gained = returns_without_payments(values, [0] * len(values))
    told = [
        *(total_return(values), cagr(values, days), max_drawdown(values), calmar(cagr(values, days), -0.1)),
        *(volatility(gained, 365), sharpe(gained, 365), sortino(gained, 365)),
        *(win_rate(values), profit_factor(values), expectancy(values)),
    ]
    assert all(figure is None or math.isfinite(figure) for figure in told)
