"""What market orders of a run slip: the noise is the paper desk's, by seed, instrument, time and leg."""

from dataclasses import replace

import numpy as np
import pytest

from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, RunSettings, Sizing
from strategies.tests.backtest.running import MARKET, SETTINGS, candles, flat, run
from trading.engine.noise import draw, noise

HOUR = 3_600_000
SERIES = candles(flat(100), flat(101), flat(102), (102, 110, 101, 105))
FINE = replace(MARKET, tick_size=0.00000001)
NOISY = Costs(slippage_base=0.001, slippage_noise=0.0005)


def slipped(price: float, direction: int, at: int, leg: int) -> object:
    """Return what a fill should be at: base 0.001, noise ±0.0005, seed 7."""
    drawn = draw(7, FINE.number, at, leg)
    return pytest.approx(price * (1 + direction * (0.001 + noise(0.0005, drawn))), abs=2e-8)


def noisy(targets, **settings):
    return run(SERIES, targets, market=FINE, costs=NOISY, seed=7, **settings).trades


def test_an_entry_from_flat_is_leg_one_at_the_time_of_the_open():
    assert noisy([1, 1, 1, 1]).entry_price[0] == slipped(101, 1, SERIES.opened_at[1], 1)


def test_a_reversal_closes_by_leg_one_and_opens_by_leg_two():
    trades = noisy([1, -1, -1, -1])
    assert trades.exit_price[0] == slipped(102, -1, SERIES.opened_at[2], 1)
    assert trades.entry_price[1] == slipped(102, -1, SERIES.opened_at[2], 2)


def test_a_stop_slips_by_the_time_of_the_close():
    # short from 102 less what slipped, stopped at 102 × 1.05 = 107.1
    trades = noisy([0, -1, -1, -1], stop_loss=0.05)
    assert trades.exit_price[0] == slipped(107.1, 1, SERIES.opened_at[3] + HOUR, 1)


def test_another_symbol_slips_otherwise():
    settings = replace(SETTINGS, costs=NOISY)
    prices = [
        run_backtest(SERIES, np.ones(4), market=replace(FINE, symbol=symbol), settings=settings).trades.entry_price[0]
        for symbol in ("BTCUSDT", "ETHUSDT")
    ]
    assert prices[0] != prices[1]


def test_a_size_slips_by_its_units():
    # base 0.0005 + 0.001 × 2 ÷ 4 = 0.001; 101 × 1.001 = 101.101, up to 101.11
    costs = Costs(slippage_base=0.0005, slippage_per_unit=0.001)
    settings = RunSettings(10_000, Sizing("fixed", 2), costs)
    result = run_backtest(SERIES, np.ones(4), market=replace(MARKET, size_unit=4), settings=settings)
    assert result.trades.entry_price[0] == pytest.approx(101.11)
    assert result.totals["slippage"] == pytest.approx(0.22)


def test_nothing_slips_further_than_the_cap():
    costs = Costs(slippage_base=0.5, slippage_cap=0.01)
    # 101 × 1.01 = 102.01
    assert run(SERIES, [1, 1, 1, 1], costs=costs).trades.entry_price[0] == pytest.approx(102.01)


def test_the_three_models():
    none, fixed, whole = (
        Costs.of_model(model, slippage=0.0005, commission_rate=0, min_commission=0, spread=0)
        for model in ("none", "fixed", "size_relative")
    )
    assert none == Costs(slippage_cap=0.01)
    assert fixed == replace(none, slippage_base=0.0005)
    assert whole == replace(fixed, slippage_per_unit=0.001, slippage_noise=0.0002)
