"""One arithmetic: the same source says the same on floats, as backtests run it, as on Decimals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.engine import exits, money, prices, sizing
from trading.engine.exits import stop_loss_price, take_profit_price
from trading.engine.money import (
    closing_part,
    commission,
    cost_of_part,
    funding,
    initial_margin,
    maintenance_margin,
    profit,
    unrealized_profit,
    watch_price,
)
from trading.engine.prices import (
    limit_is_met,
    market_fill_price,
    quoted_price,
    round_down,
    round_up,
    rounding_tolerance,
    slippage,
    stop_is_met,
    stopped_price,
)
from trading.engine.sizing import size_of_amount, size_of_equity_share, size_of_risk

SIDE = st.sampled_from([1, -1])
SIZE = st.integers(1, 10**6).map(lambda lots: lots * Decimal("0.001"))
PRICE = st.integers(10, 10**7).map(lambda ticks: ticks * Decimal("0.1"))
MONEY = st.decimals("0.01", 10**8, places=2)
RATE = st.decimals("0.0001", "0.5", places=4)
STEP = st.sampled_from([Decimal("0.001"), Decimal("0.1"), Decimal("0.25"), Decimal(1)])
LEVERAGE = st.integers(1, 100)
NOISE = st.decimals("-0.0002", "0.0002", places=8)

CONTINUOUS = {
    commission: (MONEY, RATE, st.just(Decimal("0.01"))),
    funding: (SIDE, MONEY, RATE),
    initial_margin: (MONEY, LEVERAGE),
    maintenance_margin: (MONEY, RATE),
    cost_of_part: (MONEY, SIZE, SIZE),
    closing_part: (SIDE, SIZE, SIDE, SIZE),
    rounding_tolerance: (MONEY, STEP),
    quoted_price: (SIDE, PRICE, RATE),
    stopped_price: (SIDE, PRICE, PRICE),
    slippage: (RATE, SIZE, SIZE, st.just(Decimal("0.001")), NOISE, st.just(Decimal("0.01"))),
    size_of_amount: (MONEY, PRICE),
    size_of_equity_share: (MONEY, RATE, LEVERAGE, PRICE),
}
STEPPED = {
    round_down: (MONEY, STEP),
    round_up: (MONEY, STEP),
    market_fill_price: (SIDE, PRICE, RATE, st.just(Decimal("0.1"))),
    stop_loss_price: (SIDE, PRICE, RATE, st.just(Decimal("0.1"))),
    take_profit_price: (SIDE, PRICE, RATE, st.just(Decimal("0.1"))),
}


def on_floats(function, arguments):
    return function(*(float(number) if isinstance(number, Decimal) else number for number in arguments))


@pytest.mark.parametrize("function", CONTINUOUS, ids=lambda function: function.__name__)
@given(data=st.data())
def test_floats_agree_within_a_billionth(function, data):
    arguments = [data.draw(strategy) for strategy in CONTINUOUS[function]]
    assert on_floats(function, arguments) == pytest.approx(float(function(*arguments)), rel=1e-9, abs=0)


@pytest.mark.parametrize("function", STEPPED, ids=lambda function: function.__name__)
@given(data=st.data())
def test_floats_are_rounded_to_the_same_step(function, data):
    arguments = [data.draw(strategy) for strategy in STEPPED[function]]
    assert on_floats(function, arguments) == pytest.approx(float(function(*arguments)), rel=1e-9, abs=0)


@pytest.mark.parametrize("step", ["0.01", "0.1", "0.00001", "0.00000001", "0.25"])
@given(steps=st.integers(1, 10**12))
def test_a_float_on_the_step_stays_there(step, steps):
    # a billionth of a step alone was lost on 140,000.07 (tick 0.01): floats are 3 × 10⁻¹¹ apart there
    on_step = float(steps * Decimal(step))
    assert round_down(on_step, float(step)) == pytest.approx(on_step, rel=1e-12)
    assert round_up(on_step, float(step)) == pytest.approx(on_step, rel=1e-12)


@given(SIDE, SIZE, PRICE, PRICE)
def test_profits_agree_within_a_billionth_of_what_was_traded(side, size, entry, mark):
    # a profit is a difference: near zero its own size says nothing of the error
    exact, arguments = size * entry, (side, size, size * entry, mark)
    assert on_floats(unrealized_profit, arguments) == pytest.approx(
        float(unrealized_profit(*arguments)), abs=float(exact + size * mark) * 1e-9
    )
    assert on_floats(profit, (side, size * mark, exact)) == pytest.approx(
        float(profit(side, size * mark, exact)), abs=float(exact + size * mark) * 1e-9
    )


@given(MONEY, RATE, PRICE, RATE)
def test_sizes_of_risk_agree_within_a_billionth(equity, share, entry, distance):
    arguments = (equity, share, entry, entry * (1 - distance))
    assert on_floats(size_of_risk, arguments) == pytest.approx(float(size_of_risk(*arguments)), rel=1e-9)


@given(SIDE, PRICE, SIZE, MONEY, RATE)
def test_watch_prices_agree_within_a_billionth_of_what_they_are_made_of(side, mark, size, slack, rate):
    arguments = (side, mark, size, slack, rate)
    within = float(mark + slack / size) * 1e-8
    assert on_floats(watch_price, arguments) == pytest.approx(float(watch_price(*arguments)), abs=within)


@pytest.mark.parametrize("function", [limit_is_met, stop_is_met], ids=lambda function: function.__name__)
@given(SIDE, PRICE, PRICE)
def test_floats_meet_an_order_where_decimals_do(function, side, price, quoted):
    assert on_floats(function, (side, price, quoted)) == function(side, price, quoted)


def test_every_function_of_the_engine_is_compared():
    compared = {*CONTINUOUS, *STEPPED, profit, unrealized_profit, size_of_risk, watch_price, limit_is_met, stop_is_met}
    modules = (money, prices, sizing, exits)
    assert {function for module in modules for function in vars(module).values() if callable(function)} == compared
