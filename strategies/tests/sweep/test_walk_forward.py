"""Walk-forward: windows without a gap, choices that know the past alone, one backtest over what was traded."""

import numpy as np
import pytest

from core.errors import Invalid
from strategies.backtest.run import run_backtest
from strategies.rule import Rule, RuleFailed
from strategies.sweep.evaluation import Span
from strategies.sweep.walk_forward import Window, split, walk_forward, windows_of
from strategies.tests.series import series
from strategies.tests.sweep.test_evaluation import CALM, MARKET, hourly

HALVES = [Window(Span(0, 100), Span(100, 200)), Window(Span(100, 200), Span(200, 300))]


def up_or_down(candles, *, way):
    return np.full(len(candles), float(way))


UP_OR_DOWN = Rule("way", "Way", "", {}, up_or_down, lambda parameters: 0)
WAYS = [{"way": 1}, {"way": -1}]


def rising_then_falling():
    return series([*range(1_000, 1_130), *range(1_129, 959, -1)])


def walked(candles, rule=UP_OR_DOWN, sets=WAYS, windows=HALVES):
    return walk_forward(
        candles, rule, sets, market=MARKET, settings=CALM, windows=windows, by="total_return", threads=1
    )


def test_windows_follow_one_another():
    # 100 candles in 2 + 3 steps of 20.
    assert windows_of(Span(0, 100), count=2) == [
        Window(Span(0, 60), Span(60, 80)),
        Window(Span(20, 80), Span(80, 100)),
    ]


def test_anchored_windows_all_begin_at_the_beginning():
    assert [window.inside.first for window in windows_of(Span(10, 110), count=2, anchored=True)] == [10, 10]


def test_what_is_left_over_is_left_out_at_the_beginning():
    windows = windows_of(Span(0, 104), count=2)
    assert (windows[0].inside.first, windows[-1].outside.stop) == (4, 104)


@pytest.mark.parametrize(("count", "inside_steps"), [(0, 3), (2, 0), (50, 3)])
def test_windows_that_cannot_be_are_refused(count, inside_steps):
    with pytest.raises(Invalid) as caught:
        windows_of(Span(0, 100), count=count, inside_steps=inside_steps)
    assert (caught.value.status, list(caught.value.errors)) == (422, ["walk_forward"])


def test_a_split_leaves_the_end_outside():
    assert split(Span(10, 110), outside_share=0.3) == Window(Span(10, 80), Span(80, 110))


@pytest.mark.parametrize("share", [0, 0.01, 0.99, 1])
def test_a_split_with_an_empty_part_is_refused(share):
    with pytest.raises(Invalid) as caught:
        split(Span(0, 100), outside_share=share)
    assert list(caught.value.errors) == ["out_of_sample"]


def test_what_was_best_before_is_traded_after():
    # It rises for 130 candles and falls from there on: the second window has seen 30 of the one and 70 of the other.
    assert [comparison.place for comparison in walked(rising_then_falling()).chosen] == [0, 1]


def test_the_future_of_a_window_changes_no_choice():
    still = series([*range(1_000, 1_130), *[1_129] * 170])
    one, other = walked(still).chosen[0], walked(rising_then_falling()).chosen[0]
    assert (one.place, one.inside) == (other.place, other.inside)
    assert one.outside != other.outside


def test_one_backtest_goes_over_all_that_was_traded():
    candles = hourly(3, 300)
    told = walked(candles)
    targets = np.zeros(300)
    targets[100:200] = WAYS[told.chosen[0].place]["way"]
    targets[200:300] = WAYS[told.chosen[1].place]["way"]
    expected = run_backtest(candles, targets, market=MARKET, settings=CALM, first=100)
    assert np.array_equal(told.result.equity, expected.equity)


def test_nothing_is_held_before_the_first_window():
    assert not walked(hourly(3, 300)).result.position[:101].any()


def test_the_gap_is_the_mean_of_the_windows():
    told = walked(hourly(3, 300))
    assert told.gap == pytest.approx(sum(comparison.gap for comparison in told.chosen) / 2)


def test_a_rule_that_always_raises_fails_the_walk():
    rule = Rule("bad", "Bad", "", {}, lambda candles, way: 1 / 0, lambda parameters: 0)
    with pytest.raises(RuleFailed, match="division by zero"):
        walked(hourly(3, 300), rule=rule)
