"""The deflated Sharpe ratio against the example of its paper, and against its definition by hand."""

import numpy as np
import pytest

from strategies.sweep.deflation import deflated_sharpe, expected_best_sharpe, probability_above

# Bailey and López de Prado, 2014, 'A numerical example': a yearly ratio of 2.5 on 1,250 days of a year of 250, skewness
# -3, kurtosis 10, variance of the trials' yearly ratios ½.
VARIANCE = 0.5 / 250
SHARPE = 2.5 / 250**0.5


def test_the_best_of_a_hundred_trials_is_expected_where_the_paper_says():
    assert expected_best_sharpe(VARIANCE, 100) == pytest.approx(0.1132, abs=5e-5)


@pytest.mark.parametrize(("trials", "probability"), [(100, 0.9004), (46, 0.9505)])
def test_the_probability_is_the_papers(trials, probability):
    benchmark = expected_best_sharpe(VARIANCE, trials)
    told = probability_above(SHARPE, benchmark, returns=1250, skewness=-3, kurtosis=10)
    assert told == pytest.approx(probability, abs=1e-4)


def test_more_trials_make_the_same_ratio_worth_less():
    assert expected_best_sharpe(VARIANCE, 1_000) > expected_best_sharpe(VARIANCE, 100)


def test_one_trial_is_not_deflated():
    assert expected_best_sharpe(VARIANCE, 1) == 0


def test_moments_are_those_of_the_returns():
    # Returns 0 0 0 4 %: mean 1 %, deviation √3 %, (−1 × 3 + 27) ÷ 4 ÷ 3√3 = 2 ÷ √3, (3 + 81) ÷ 4 ÷ 9 = 7 ÷ 3.
    # Ratio 1 ÷ 2 (ddof = 1: √(12 ÷ 3) = 2). Trials of √365 and −√365 a year: ±1, variance 2, of two.
    yearly = 365**0.5
    told = deflated_sharpe(np.array([0, 0, 0, 0.04]), np.array([yearly, np.nan, -yearly]), periods=365)
    assert (told.skewness, told.kurtosis) == pytest.approx((2 / 3**0.5, 7 / 3))
    assert (told.sharpe, told.trials) == (pytest.approx(0.5), 2)
    assert told.expected_best == pytest.approx(expected_best_sharpe(2, 2))


@pytest.mark.parametrize("returns", [[], [0.01], [0.01, 0.01, 0.01]])
def test_returns_without_a_spread_have_none(returns):
    assert deflated_sharpe(np.array(returns), np.array([1.0, 2.0]), periods=365) is None


def test_pure_luck_is_seen_through():
    # The best of 200 walks without any drift.
    walks = np.random.default_rng(1).normal(0, 0.01, (200, 500))
    ratios = walks.mean(axis=1) / walks.std(axis=1, ddof=1) * 365**0.5
    told = deflated_sharpe(walks[np.argmax(ratios)], ratios, periods=365)
    assert told.probability < 0.9 < probability_above(told.sharpe, 0, returns=500, skewness=0, kurtosis=3)
