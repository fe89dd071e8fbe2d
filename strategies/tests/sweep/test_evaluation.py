"""A sweep's runs are backtests: figure by figure the same, whatever the rule, the settings and the span."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from market.candles.series import CandleSeries
from market.intervals import Interval
from strategies.backtest.metrics import summarise
from strategies.backtest.run import run_backtest
from strategies.backtest.terms import Costs, Market, RunSettings, Sizing
from strategies.rule import Rule
from strategies.sweep.evaluation import Evaluation, Span, evaluate
from strategies.sweep.figures import FIGURES
from strategies.tests.series import walk

HOUR = 3_600_000


def hourly(seed, candles=1_500, *, start=5 * HOUR, tick=1.0):
    like = walk(seed, candles, tick=tick)
    opened_at = start + np.arange(candles, dtype=np.int64) * HOUR
    return CandleSeries(Interval.H1, opened_at, like.open, like.high, like.low, like.close, like.volume)


def random_targets(candles, *, seed, changing):
    draws = np.random.default_rng(seed)
    changes = draws.random(len(candles)) < changing
    levels = draws.choice([-1, -0.5, 0, 0.25, 1], len(candles))
    return levels[np.maximum.accumulate(np.where(changes, np.arange(len(candles)), 0))]


def rule_of(targets):
    return Rule("drawn", "Drawn", "", {}, targets, lambda parameters: 0)


DRAWN = rule_of(random_targets)
CALM = RunSettings(10_000, Sizing("percent_equity", 0.5), Costs(commission_rate=0.001))
MARKET = Market("BTCUSDT", max_leverage=50)

costs = st.builds(
    Costs,
    commission_rate=st.sampled_from([0, 0.0005]),
    spread=st.sampled_from([0, 0.001]),
    slippage_base=st.sampled_from([0, 0.0002]),
    slippage_noise=st.sampled_from([0, 0.0002]),
)
run_settings = st.builds(
    RunSettings,
    st.just(10_000.0),
    st.sampled_from([Sizing("percent_equity", 0.9), Sizing("fixed", 1.5)]),
    costs,
    leverage=st.sampled_from([1.0, 20.0]),
    stop_loss=st.sampled_from([None, 0.004, 0.05]),
    take_profit=st.sampled_from([None, 0.004, 0.05]),
    allow_short=st.booleans(),
    seed=st.integers(0, 5),
)
markets = st.builds(
    Market,
    st.just("BTCUSDT"),
    tick_size=st.sampled_from([0.1, 5.0]),
    lot_size=st.just(0.001),
    maintenance_margin_rate=st.sampled_from([0, 0.04]),
    funding_rate=st.sampled_from([0, 0.0001]),
    max_leverage=st.just(50.0),
    periods=st.sampled_from([365, 252]),
)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    changing=st.sampled_from([0.001, 0.02, 0.5]),
    first=st.integers(0, 700),
    count=st.integers(1, 800),
    asked=run_settings,
    market=markets,
)
def test_a_run_of_a_sweep_is_a_backtest(seed, changing, first, count, asked, market):
    candles, parameters = hourly(seed), {"seed": seed, "changing": changing}
    span = Span(first, first + count)
    (told,) = evaluate(candles, DRAWN, [parameters], market=market, settings=asked, spans=[span], threads=1)
    part = candles.cut(slice(0, span.stop))
    targets = random_targets(candles, **parameters)[: span.stop]
    figures = summarise(run_backtest(part, targets, market=market, settings=asked, first=first))
    expected = [np.nan if figures[name] is None else figures[name] for name in FIGURES]
    assert np.array_equal([told.figures[name][0] for name in FIGURES], expected, equal_nan=True)


def picky(candles, *, size):
    if size == 2:
        raise ValueError("two is too many")
    return np.full(len(candles), 1.0 / size)


PICKY = [{"size": 1}, {"size": 2}, {"size": 4}]


def evaluated(rule, sets, **named):
    candles = hourly(1)
    spans = [Span(0, len(candles))]
    return evaluate(candles, rule, sets, **{"market": MARKET, "settings": CALM, "spans": spans, "threads": 2} | named)


def test_a_rule_that_raises_for_one_set_fails_that_run_alone():
    (told,) = evaluated(rule_of(picky), PICKY)
    assert list(told.errors) == [1]
    assert told.errors[1].startswith("The rule raised ValueError: two is too many (test_evaluation.py, line")
    assert list(np.isnan(told.figures["total_return"])) == [False, True, False]


def test_threads_change_nothing():
    sets = [{"seed": seed, "changing": 0.05} for seed in range(60)]
    (one,), (two,) = evaluated(DRAWN, sets, threads=1), evaluated(DRAWN, sets, threads=4)
    assert all(np.array_equal(one.figures[name], two.figures[name], equal_nan=True) for name in FIGURES)


def test_a_rule_is_asked_once_for_all_spans():
    asked = []
    rule = rule_of(lambda candles, size: asked.append(size) or np.ones(len(candles)))
    evaluated(rule, [{"size": 1}], spans=[Span(0, 100), Span(100, 200), Span(0, 200)])
    assert asked == [1]


def test_progress_is_told_until_all_is_done():
    told = []
    evaluated(DRAWN, [{"seed": seed, "changing": 0.05} for seed in range(20)], on_progress=told.append)
    assert told == [1 / 3, 2 / 3, 1]


def test_who_is_told_of_progress_may_stop_it_all():
    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluated(DRAWN, [{"seed": seed, "changing": 0.05} for seed in range(20)], on_progress=stop)


@pytest.mark.parametrize("span", [Span(5, 5), Span(-1, 5), Span(0, 1_501)])
def test_a_span_without_candles_is_refused(span):
    with pytest.raises(Invalid) as caught:
        evaluated(DRAWN, [], spans=[span])
    assert caught.value.code == "NO_CANDLES"


def test_prices_that_make_no_candle_are_refused():
    candles = hourly(1)
    candles.low[7] = candles.high[7] + 1
    with pytest.raises(Invalid) as caught:
        evaluate(candles, DRAWN, [], market=MARKET, settings=CALM, spans=[Span(0, 100)])
    assert caught.value.code == "BAD_CANDLE"


def test_runs_do_not_see_each_other():
    sets = [{"seed": 1, "changing": 0.05}] * 3
    (told,) = evaluated(DRAWN, sets, threads=1)
    assert len(set(told.figures["final_equity"])) == 1


def test_parts_joined_are_the_whole():
    sets = [{"seed": seed, "changing": 0.05} for seed in range(10)]
    whole, parts = evaluated(DRAWN, sets)[0], [evaluated(DRAWN, sets[:3])[0], evaluated(DRAWN, sets[3:])[0]]
    assert np.array_equal(Evaluation.joined(parts).figures["total_return"], whole.figures["total_return"])
