"""What each shipped rule decides, by tables worked out by hand; nan stands where a rule has too few candles."""

import numpy as np
import pytest

from strategies.catalogue import find_rule
from strategies.parameters import whole_parameters
from strategies.rule import Rule, RuleFailed
from strategies.tests.series import series

NAN = float("nan")


def told(name, candles, **asked):
    rule = find_rule(name)
    return list(rule.targets(candles, **whole_parameters(rule, asked)))


def same(targets, expected):
    return np.array_equal(targets, expected, equal_nan=True)


# SMA(2):    -  10.5  11.5  12  11  9.5  9.5
# SMA(3):    -   -    11    11.67  11.33  10.33  9.67
CLOSES = [10, 11, 12, 12, 10, 9, 10]


def test_sma_cross_is_long_while_the_fast_average_is_above():
    assert same(told("sma_cross", series(CLOSES), fast=2, slow=3), [NAN, NAN, 1, 1, 0, 0, 0])


def test_sma_cross_goes_short_below_if_it_may():
    assert same(told("sma_cross", series(CLOSES), fast=2, slow=3, short=True), [NAN, NAN, 1, 1, -1, -1, -1])


def test_sma_cross_of_one_candle_compares_the_close_itself():
    # SMA(2): - 10.5 11.5 12 11 9.5 9.5; the close 12 is not above an average of 12.
    assert same(told("sma_cross", series(CLOSES), fast=1, slow=2), [NAN, 1, 1, 0, 0, 0, 1])


def test_equal_averages_are_flat_whichever_way_their_sums_were_rounded():
    # 0.1 + 0.1 + 0.1 is not 0.3 in floats: both averages are 0.1 on paper.
    targets = told("sma_cross", series([1_000.3, 7.7] + [0.1] * 40), fast=7, slow=30, short=True)
    assert set(targets[32:]) == {0}


def test_ema_cross_is_long_while_the_fast_average_is_above():
    # EMA(1) is the close; EMA(3), α = 1/2, begins with (10 + 11 + 12) ÷ 3 = 11, then 11.5, 10.75, 9.875, 9.9375.
    assert same(told("ema_cross", series(CLOSES), fast=1, slow=3), [NAN, NAN, 1, 1, 0, 0, 1])


def test_ema_cross_goes_short_below_if_it_may():
    assert same(told("ema_cross", series(CLOSES), fast=1, slow=3, short=True), [NAN, NAN, 1, 1, -1, -1, 1])


def test_macd_is_long_while_it_is_above_its_signal():
    # EMA(2), α = 2/3, begun like EMA(3) at candle 2 with (11 + 12) ÷ 2 = 11.5: 11.5 11.8333 10.6111 9.5370 9.8457
    # less EMA(3), 11 11.5 10.75 9.875 9.9375, is MACD:                         0.5  0.3333 -0.1389 -0.3380 -0.0918
    # and its signal, α = 2/3, begins with (0.5 + 0.3333) ÷ 2:                    -   0.4167  0.0463 -0.2099 -0.1312
    assert same(told("macd", series(CLOSES), fast=2, slow=3, signal=2), [NAN, NAN, NAN, 0, 0, 0, 1])


def test_macd_goes_short_below_if_it_may():
    assert same(told("macd", series(CLOSES), fast=2, slow=3, signal=2, short=True), [NAN, NAN, NAN, -1, -1, -1, 1])


# RSI(2), Wilder: changes -2 -2 +1 +3 +4 -5 0. Averages of gains and losses after each from the second on:
#   gains 0 0.5 1.75 2.875 1.4375 0.71875, losses 2 1 0.5 0.25 2.625 1.3125
#   100 × gains ÷ both: 0  33.3  77.8  92  35.4  35.4
FALLEN = [20, 18, 16, 17, 20, 24, 19, 19]


def test_rsi_reversion_holds_from_oversold_to_the_middle():
    assert same(told("rsi_reversion", series(FALLEN), length=2), [NAN, NAN, 1, 1, 0, 0, 0, 0])


def test_rsi_reversion_sells_what_is_overbought_if_it_may():
    assert same(told("rsi_reversion", series(FALLEN), length=2, short=True), [NAN, NAN, 1, 1, -1, -1, 0, 0])


def test_rsi_reversion_lets_go_after_the_longest_time():
    # Oversold (0) at candles 2 and 3, 33.3 at candle 4: held for one candle after each.
    closes = [20, 18, 16, 15, 16, 16, 16]
    assert same(told("rsi_reversion", series(closes), length=2, longest=2), [NAN, NAN, 1, 1, 1, 0, 0])


def test_rsi_reversion_buys_nothing_that_stands_still():
    assert set(told("rsi_reversion", series([5.0] * 40), length=2)[2:]) == {0}


# Mean and deviation of three: 10 0 | 9 1.414 | 8 1.414 | 8.667 2.494 | 10 1.633; bands of one deviation:
#   lower 10 | 7.586 | 6.586 | 6.172 | 8.367, upper 10 | 10.414 | 9.414 | 11.160 | 11.633
DIPPED = [10, 10, 10, 7, 7, 12, 11]


def test_bollinger_reversion_holds_from_below_the_band_to_the_average():
    told_of_it = told("bollinger_reversion", series(DIPPED), length=3, deviations=1)
    assert same(told_of_it, [NAN, NAN, 0, 1, 1, 0, 0])


def test_bollinger_reversion_sells_above_the_band_if_it_may():
    told_of_it = told("bollinger_reversion", series(DIPPED), length=3, deviations=1, short=True)
    assert same(told_of_it, [NAN, NAN, 0, 1, 1, -1, -1])


def test_bollinger_reversion_buys_nothing_that_stands_still():
    assert set(told("bollinger_reversion", series([0.1] * 40), length=7)[6:]) == {0}


# Of two candles before: highest high - - 12 13 13 12 11, lowest low - - 9 9 10 9 7.
BROKEN = {"highs": [11, 12, 13, 13, 12, 11, 10], "lows": [9, 9, 10, 10, 9, 7, 6]}


def test_donchian_breakout_holds_from_a_new_high_to_a_new_low():
    candles = series([10, 11, 12.5, 12, 11, 8, 7.5], **BROKEN)
    assert same(told("donchian_breakout", candles, entry=2, exit=2), [NAN, NAN, 1, 1, 1, 0, 0])


def test_donchian_breakout_sells_a_new_low_if_it_may():
    candles = series([10, 11, 12.5, 12, 11, 8, 7.5], **BROKEN)
    assert same(told("donchian_breakout", candles, entry=2, exit=2, short=True), [NAN, NAN, 1, 1, 1, -1, -1])


def test_donchian_breakout_needs_more_than_the_old_high():
    candles = series([10, 11, 12, 12, 11, 8, 7.5], **BROKEN)
    assert same(told("donchian_breakout", candles, entry=2, exit=2), [NAN, NAN, 0, 0, 0, 0, 0])


def test_buy_and_hold_is_long_from_the_first_candle():
    assert told("buy_and_hold", series([3, 2, 1])) == [1, 1, 1]


@pytest.mark.parametrize("name", ["sma_cross", "ema_cross", "macd", "rsi_reversion", "bollinger_reversion"])
def test_a_rule_with_too_few_candles_decides_nothing(name):
    rule = find_rule(name)
    assert list(rule.decide(series([1, 2, 3]), whole_parameters(rule, {}))) == [0, 0, 0]


def failure(call, raised):
    def targets(candles):
        raise raised

    def warm_up(parameters):
        raise raised

    with pytest.raises(RuleFailed) as caught:
        call(Rule("test", "Test", "", {}, targets, warm_up))
    return caught.value.message


@pytest.mark.parametrize("call", [lambda rule: rule.decide(series(CLOSES), {}), lambda rule: rule.candles_before({})])
@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ValueError("no row"), "raised ValueError: no row (test_rules.py, line "),
        (SystemExit(3), "raised SystemExit: 3 (test_rules.py, line "),
        (ValueError("a\0b\ud800c"), r"raised ValueError: a\x00b\ud800c (test_rules.py"),
    ],
)
def test_whatever_a_rule_raises_is_its_own_failure_as_it_can_be_kept(call, raised, said):
    assert said in failure(call, raised)
