"""The noise of fills: evenly spread and well mixed."""

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.engine.noise import draw, noise

MOST = 2**32 - 1
MINUTE = 60_000
NOON = 1_772_452_800_000
ARGUMENTS = ("seed", "instrument", "milliseconds", "leg")

SEED = st.integers(0, 2**63 - 1)
INSTRUMENT = st.integers(0, MOST)
TIME = st.integers(0, 2**43)
LEG = st.integers(1, 9)


@given(SEED, INSTRUMENT, TIME, LEG)
def test_a_word_has_32_bits(seed, instrument, milliseconds, leg):
    assert 0 <= draw(seed, instrument, milliseconds, leg) <= MOST


@given(st.integers(0, MOST))
def test_noise_on_floats_agrees_with_decimals(drawn):
    exact = noise(Decimal("0.0002"), drawn)
    assert abs(exact) <= Decimal("0.0002")
    assert noise(0.0002, drawn) == pytest.approx(float(exact), abs=1e-18)


def test_the_ends_of_a_word_are_the_ends_of_the_span():
    assert [noise(Decimal(1), drawn) for drawn in (0, MOST)] == [-1, 1]


@pytest.mark.parametrize("varied", ARGUMENTS)
def test_draws_of_neighbours_are_spread_evenly(varied):
    # 64 bins of 16,384 draws, 256 each: chi-square has 63 degrees of freedom, and is below 120 but once in 50,000
    fixed = {"seed": 1, "instrument": 7, "milliseconds": NOON, "leg": 1}
    step = MINUTE if varied == "milliseconds" else 1
    draws = [draw(**{**fixed, varied: fixed[varied] + step * number}) for number in range(16_384)]
    bins = Counter(drawn >> 26 for drawn in draws)
    assert sum((bins[number] - 256) ** 2 / 256 for number in range(64)) < 120


@pytest.mark.parametrize("varied", ARGUMENTS)
@pytest.mark.parametrize("bit", [0, 1, 7, 20, 31])
def test_one_bit_of_what_is_drawn_from_turns_half_of_the_word(varied, bit):
    # of 500 × 32 bits half are turned, give or take 6 × √(16,000 ÷ 4) = 380
    fixed = {"seed": 1, "instrument": 7, "milliseconds": NOON, "leg": 1}
    names = [{**fixed, "seed": number * 1_000_003} for number in range(500)]
    turned = [draw(**name) ^ draw(**{**name, varied: name[varied] ^ (1 << bit)}) for name in names]
    assert sum(word.bit_count() for word in turned) == pytest.approx(8_000, abs=380)


@pytest.mark.parametrize("varied", ["seed", "milliseconds"])
def test_the_upper_word_counts_too(varied):
    fixed = {"seed": 1, "instrument": 7, "milliseconds": NOON, "leg": 1}
    assert draw(**fixed) != draw(**{**fixed, varied: fixed[varied] + 2**32})


def test_draws_one_after_another_are_not_alike():
    # the correlation of 16,384 pairs lies within 5 ÷ √16,384 of 0
    draws = np.array([draw(1, 7, NOON + MINUTE * number, 1) for number in range(16_385)], dtype=np.float64)
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.04
