"""What a bot does with its targets, and on which candles they rest."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bots.targets import MOST_CANDLES, Standing, acts, first_decided, first_read, resizes, side_of, size_of
from bots.tests.deciding import TELLING
from market.intervals import Interval
from trading.sizes import format_size, parse_size

BEGUN = Standing(0.0, is_of_this_start=True)
LONG = Standing(1.0, is_of_this_start=True)
RESTARTED = Standing(1.0, is_of_this_start=False)


@pytest.mark.parametrize(
    ("targets", "standing", "acted"),
    [
        ([0], Standing(), False),
        ([1], Standing(), True),
        ([-0.5], Standing(), True),
        ([1], BEGUN, True),
        ([0], BEGUN, False),
        ([1], LONG, False),
        ([0.5], LONG, True),
        ([0], LONG, True),
        ([0, 1], LONG, True),  # out and in again while the desk was away
        ([1, 1], LONG, False),
        ([1, 0], BEGUN, False),  # in and out again: nothing is held
        ([1], RESTARTED, True),
        ([0], RESTARTED, True),
    ],
    ids=str,
)
def test_a_change_acts_and_a_start_brings_accounts_to_the_target(targets, standing, acted):
    assert acts(np.array(targets, dtype=float), standing) is acted


@pytest.mark.parametrize(
    ("target", "side"), [(1.0, "buy"), (0.1, "buy"), (0.0, "close"), (-0.0, "close"), (-1.0, "sell")]
)
def test_the_sign_of_a_target_is_a_side(target, side):
    assert side_of(target) == side


@pytest.mark.parametrize(
    ("size", "target", "part"),
    [("0.3", 0.5, "0.15"), ("100 USDT", -0.25, "25 USDT"), ("10%", 1.0, "10%"), ("risk 1%", 0.1, "risk 0.1%")],
)
def test_a_part_of_a_target_is_a_part_of_the_size(size, target, part):
    assert format_size(size_of(parse_size(size), target)) == part


@pytest.mark.parametrize(
    ("target", "stood", "told"),
    [(0.5, 1.0, True), (-1.0, -0.5, True), (1.0, 1.0, False), (1.0, -0.5, False), (0.0, 0.5, False), (0.5, 0.0, False)],
)
def test_another_size_of_the_same_side_resizes(target, stood, told):
    assert resizes(target, Standing(stood)) is told


def test_the_first_candle_decided_on_is_the_one_that_runs_at_the_start():
    at = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
    assert Interval.M1.opens_at(first_decided(Interval.M1, at)) == int(at.timestamp()) - 30


def test_the_first_candle_read_stays_while_time_goes_on():
    firsts = {first_read(TELLING, {}, decided=100_000, newest=newest) for newest in (100_000, 105_000, 119_000)}
    assert firsts == {99_750}


@pytest.mark.parametrize("newest", [119_749, 119_750, 130_000, 1_000_000])
def test_no_more_than_so_many_candles_are_read_and_the_oldest_go_in_whole_steps(newest):
    first = first_read(TELLING, {}, decided=100_000, newest=newest)
    assert MOST_CANDLES - 5_000 < newest + 1 - first <= MOST_CANDLES or first == 99_750
    assert (first - 99_750) % 5_000 == 0
