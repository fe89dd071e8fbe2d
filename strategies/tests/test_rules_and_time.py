"""No shipped rule looks ahead, and none remembers more than its warm-up: on random candles, at random cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.candles.series import COLUMNS
from strategies.catalogue import SHIPPED, find_rule
from strategies.lookahead import check_lookahead
from strategies.parameters import whole_parameters
from strategies.tests.series import series, walk, walks

# Small enough that 1,600 candles are many times the warm-up.
BRISK = {
    "sma_cross": {"fast": 5, "slow": 20},
    "ema_cross": {"fast": 5, "slow": 20},
    "rsi_reversion": {"length": 5, "oversold": 40, "overbought": 60, "longest": 60},
    "bollinger_reversion": {"length": 10, "deviations": 1.5, "longest": 60},
    "macd": {"fast": 4, "slow": 9, "signal": 5},
    "donchian_breakout": {"entry": 15, "exit": 8, "longest": 60},
    "buy_and_hold": {},
}


def parameters_of(rule, *, short):
    return whole_parameters(rule, BRISK[rule.name] | ({"short": short} if "short" in rule.parameters else {}))


every_rule = pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.name)


@every_rule
@settings(max_examples=25, deadline=None)
@given(candles=walks, cut=st.integers(0, 1_599), short=st.booleans())
def test_what_comes_later_changes_no_decision(rule, candles, cut, short):
    parameters = parameters_of(rule, short=short)
    whole = rule.decide(candles, parameters)
    assert np.array_equal(rule.decide(candles.cut(slice(0, cut)), parameters), whole[:cut])


@every_rule
@settings(max_examples=25, deadline=None)
@given(candles=walks, start=st.integers(1, 1_000), short=st.booleans())
def test_a_warm_rule_decides_the_same_after_a_longer_history(rule, candles, start, short):
    parameters = parameters_of(rule, short=short)
    warm = rule.warm_up(parameters)
    short_history = rule.decide(candles.cut(slice(start, None)), parameters)
    assert np.array_equal(short_history[warm:], rule.decide(candles, parameters)[start + warm :])


@every_rule
def test_a_rule_decides_the_same_after_a_year_and_after_its_warm_up(rule):
    parameters, candles = parameters_of(rule, short="short" in rule.parameters), walk(3, 300_000)
    warm = rule.warm_up(parameters)
    late = rule.decide(candles.cut(slice(290_000 - warm, None)), parameters)
    assert np.array_equal(late[warm:], rule.decide(candles, parameters)[290_000:])


@every_rule
@pytest.mark.parametrize("short", [False, True])
def test_no_shipped_rule_looks_ahead(rule, short):
    assert check_lookahead(rule, walk(9, 1_600), parameters_of(rule, short=short)) == []


def test_an_index_that_stands_still_is_warm_too():
    # 60 falls of 8, and 6 candles later a rise of 1, then 39 candles without a move: the index stays at some 80. From
    # the rise alone it would be 100.
    closes = [*np.arange(1_000, 520, -8.0), *[528.0] * 5, *[529.0] * 40]
    rule, asked = find_rule("rsi_reversion"), {"length": 2, "overbought": 90, "short": True, "longest": 1}
    parameters, candles = whole_parameters(rule, asked), series(closes)
    late = candles.cut(slice(len(candles) - rule.warm_up(parameters) - 1, None))
    assert (rule.decide(candles, parameters)[-1], rule.decide(late, parameters)[-1]) == (0, 0)


@every_rule
def test_a_rule_leaves_its_candles_as_they_are(rule):
    candles = walk(5, 200)
    before = candles.copy()
    rule.decide(candles, parameters_of(rule, short=True))
    assert all(np.array_equal(getattr(candles, name), getattr(before, name)) for name in COLUMNS)


@every_rule
def test_a_rule_moves_on_a_random_walk(rule):
    targets = rule.decide(walk(7, 1_600), parameters_of(rule, short=True))
    assert (len(set(targets)) > 2) == (rule.name != "buy_and_hold")
