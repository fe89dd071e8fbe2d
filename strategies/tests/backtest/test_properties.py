"""What holds of any candles, any targets and any costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.candles.series import CandleSeries
from strategies.backtest.results import BacktestResult
from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
from strategies.tests.backtest.running import candles

pytestmark = pytest.mark.slow

MARKET = Market(
    symbol="TEST",
    tick_size=0.01,
    lot_size=0.001,
    min_notional=5,
    maintenance_margin_rate=0.01,
    funding_rate=0.0005,
    max_leverage=20,
)
COSTS = st.builds(
    Costs,
    commission_rate=st.sampled_from([0, 0.001]),
    min_commission=st.sampled_from([0, 0.01]),
    spread=st.sampled_from([0, 0.0005]),
    slippage_base=st.sampled_from([0, 0.0005]),
    slippage_noise=st.sampled_from([0, 0.0002]),
)
SIZINGS = st.sampled_from([Sizing("fixed", 5), Sizing("percent_equity", 0.5), Sizing("risk_to_stop", 0.02)])
SETTINGS = st.builds(
    RunSettings,
    initial_balance=st.just(10_000),
    sizing=SIZINGS,
    costs=COSTS,
    leverage=st.sampled_from([1, 3, 20]),
    stop_loss=st.just(0.02),
    take_profit=st.sampled_from([None, 0.03]),
    seed=st.integers(0, 9),
)
TARGETS = st.lists(st.sampled_from([-1, -0.5, 0, 0.25, 1]), min_size=60, max_size=60)
WALKS = st.integers(0, 10_000)


def walk(seed: int) -> CandleSeries:
    """Return 60 hours of a market that moves by some percent an hour."""
    random = np.random.default_rng(seed)
    closes = np.round(100 * np.exp(random.normal(0, 0.02, 60).cumsum()), 2)
    opens = np.round(np.roll(closes, 1) * (1 + random.normal(0, 0.005, 60)), 2)
    far = np.round(np.abs(random.normal(0, 1, (2, 60))), 2)
    lows = np.maximum(np.minimum(opens, closes) - far[0], 0.01)
    return candles(*zip(opens, np.maximum(opens, closes) + far[1], lows, closes, strict=True))


def run(seed: int, targets: list[float], how: RunSettings, first: int = 0) -> BacktestResult:
    return run_backtest(walk(seed), np.array(targets, dtype=float), market=MARKET, settings=how, first=first)


@settings(deadline=None)
@given(WALKS, TARGETS, SETTINGS)
def test_money_is_the_sum_of_its_trades(seed, targets, how):
    result = run(seed, targets, how)
    trades = result.trades
    assert result.final_balance == pytest.approx(10_000 + trades.pnl.sum(), abs=1e-6)
    assert trades.fee.sum() == pytest.approx(result.totals["commission"])
    assert trades.funding.sum() == pytest.approx(result.totals["funding"], abs=1e-9)


@settings(deadline=None)
@given(WALKS, TARGETS, SETTINGS)
def test_once_flat_equity_is_balance_and_every_trade_is_over(seed, targets, how):
    # flat from the last open on: what is left is balance, and nothing is open
    result = run(seed, [*targets[:-2], 0, 0], how)
    assert result.position[-1] == 0
    assert result.equity[-1] == result.final_balance
    assert result.trades.is_closed.all()


@settings(deadline=None)
@given(WALKS, st.lists(st.sampled_from([-1, 1]), min_size=60, max_size=60), SETTINGS)
def test_equity_is_the_first_balance_and_all_profits_the_open_one_too(seed, targets, how):
    # equity = initial + Σ (exit − entry) × size × direction − fees + funding + (close − entry) × size of what is open
    result = run(seed, targets, how)
    trades, left = result.trades, np.where(result.trades.is_closed, result.trades.exit_price, walk(seed).close[-1])
    profits = trades.direction * trades.size * (left - trades.entry_price)
    paid = result.totals["commission"] - result.totals["funding"]
    assert result.equity[-1] == pytest.approx(10_000 + profits.sum() - paid, abs=1e-6)


@settings(deadline=None)
@given(WALKS, TARGETS, SETTINGS, st.integers(10, 50))
def test_nothing_is_decided_before_the_first_candle_that_counts(seed, targets, how, first):
    result = run(seed, targets, how, first)
    assert (result.equity[: first + 1] == 10_000).all()
    assert (result.trades.opened_at > result.opened_at[first]).all()


@settings(deadline=None)
@given(WALKS, TARGETS, SETTINGS, st.integers(2, 59))
def test_the_past_does_not_know_the_future(seed, targets, how, cut):
    whole = run(seed, targets, how)
    part = run_backtest(walk(seed).cut(slice(cut)), np.array(targets[:cut], float), market=MARKET, settings=how)
    assert (whole.equity[:cut] == part.equity).all()
    assert (whole.position[:cut] == part.position).all()


@settings(deadline=None)
@given(WALKS, TARGETS, SETTINGS)
def test_sizes_are_on_the_lot_and_nobody_slips_to_a_better_price(seed, targets, how):
    result = run(seed, targets, how)
    lots = result.position / MARKET.lot_size
    assert np.abs(lots - np.round(lots)).max() < 1e-6
    assert result.totals["slippage"] >= -1e-9


@settings(deadline=None)
@given(WALKS, TARGETS, SETTINGS)
def test_a_run_in_pieces_is_the_run_in_one(seed, targets, how):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("strategies.backtest.run.CHUNK", 7)
        pieces = run(seed, targets, how)
    whole = run(seed, targets, how)
    assert (whole.equity == pieces.equity).all()
    assert whole.totals == pieces.totals
