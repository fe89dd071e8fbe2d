"""Rules that look ahead are caught; those that do not are left alone."""

from dataclasses import replace

import numpy as np
import pytest

from market.candles.series import CandleSeries
from market.intervals import Interval
from strategies.lookahead import MOST_CUTS, check_lookahead
from strategies.rule import Rule, RuleFailed


def market(count: int = 3_000) -> CandleSeries:
    random = np.random.default_rng(5)
    closes = 100 * np.exp(random.normal(0, 0.01, count).cumsum())
    opens = np.r_[100, closes[:-1]]
    highs, lows = np.maximum(opens, closes) * 1.001, np.minimum(opens, closes) * 0.999
    opened_at = np.arange(count, dtype=np.int64) * 3_600_000
    return CandleSeries(Interval.H1, opened_at, opens, highs, lows, closes, random.uniform(1, 2, count))


MARKET = market()


def rule(targets, warm_up: int = 0) -> Rule:
    return Rule("test", "Test", "", {}, targets, lambda parameters: warm_up)


def mean(values, length):
    sums = np.r_[0, values.cumsum()]
    told = np.full(len(values), np.nan)
    told[length - 1 :] = (sums[length:] - sums[:-length]) / length
    return told


def honest(candles):
    fast, slow = mean(candles.close, 10), mean(candles.close, 30)
    return np.where(np.isnan(slow), np.nan, np.where(fast > slow, 1.0, -1.0))


def one_ahead(candles):
    coming = np.r_[candles.close[1:], candles.close[-1]]
    return np.where(coming > candles.close, 1.0, 0.0)


def normalised(candles):
    return np.where(candles.close > candles.close.mean(), 1.0, 0.0)


def centred(candles):
    return np.where(candles.close > np.convolve(candles.close, np.ones(5) / 5, "same"), 1.0, 0.0)


def once(candles):
    """Trade a single time, the candle before the highest of all."""
    targets = np.zeros(len(candles))
    targets[max(int(np.argmax(candles.high)) - 1, 0)] = 1
    return targets


def counting(candles):
    return np.full(len(candles), 1.0 if len(candles) > 2_000 else 0.0)


def later_volume(candles):
    return np.where(np.r_[candles.volume[1:], 0] > 1.5, 1.0, 0.0)


def test_a_rule_that_looks_back_only_is_left_alone():
    assert check_lookahead(rule(honest, 30), MARKET, {}) == []


@pytest.mark.parametrize("targets", [one_ahead, normalised, centred, once, counting, later_volume])
def test_a_rule_that_looks_ahead_is_caught(targets):
    assert check_lookahead(rule(targets, warm_up=5), MARKET, {})


def test_a_finding_says_what_the_future_changed():
    [first, *_] = check_lookahead(rule(one_ahead), MARKET, {})
    assert first.place == first.cut - 1
    told = f"is {first.told_then:g}, not {first.told:g}."
    assert (
        str(first) == f"With the future {first.future} from candle {first.cut} on the target of candle "
        f"{first.place} {told}"
    )


def test_another_future_catches_what_a_cut_alone_does_not():
    # it says the same of the last candle whatever comes, and knows of the next one otherwise
    def padded(candles):
        told = one_ahead(candles)
        told[-1] = whole[len(candles) - 1]
        return told

    whole = one_ahead(MARKET)
    assert {finding.future for finding in check_lookahead(rule(padded), MARKET, {})} == {"risen", "fallen"}


def test_few_candles_are_tried_at_every_place():
    series = MARKET.cut(slice(MOST_CUTS))
    cuts = {finding.cut for finding in check_lookahead(rule(one_ahead), series, {})}
    assert cuts == set(range(1, MOST_CUTS))


def test_the_candles_are_left_as_they_were():
    before = MARKET.copy()
    check_lookahead(rule(honest, 30), MARKET, {})
    assert (before.close == MARKET.close).all()


def test_parameters_are_the_ones_that_are_checked():
    def sometimes(candles, ahead):
        return one_ahead(candles) if ahead else honest(candles)

    peeking = replace(rule(sometimes), parameters={"ahead": {"type": "boolean"}})
    assert check_lookahead(peeking, MARKET, {"ahead": False}) == []
    assert check_lookahead(peeking, MARKET, {"ahead": True})


def test_a_rule_that_fails_is_no_finding():
    with pytest.raises(RuleFailed):
        check_lookahead(rule(lambda candles: candles.close[:5]), MARKET, {})
