"""Indicators against their definitions, where TA-Lib itself is wrong, and how long they remember."""

import numpy as np
import pytest
import talib

from strategies import indicators
from strategies.indicators import bands, ema, ema_memory, highest, lowest, macd, rsi, sma, wilder_memory
from strategies.tests.series import walk

CLOSES = walk(11, 5_000).close


def test_sma_is_the_mean_of_the_last_values():
    assert np.allclose(sma(np.array([1.0, 2, 3, 7]), 3), [np.nan, np.nan, 2, 4], equal_nan=True)


def test_ema_begins_with_a_mean():
    # α = 2 ÷ 4: (1 + 2 + 3) ÷ 3 = 2, then 2 + (7 − 2) ÷ 2
    assert np.allclose(ema(np.array([1.0, 2, 3, 7]), 3), [np.nan, np.nan, 2, 4.5], equal_nan=True)


def test_rsi_is_the_share_of_gains():
    # Changes +1 −1 +2: means of two 0.5 and 0.5, then (0.5 + 2) ÷ 2 = 1.25 and 0.25.
    assert np.allclose(rsi(np.array([1.0, 2, 1, 3]), 2), [np.nan, np.nan, 50, 100 * 1.25 / 1.5], equal_nan=True)


def test_rsi_of_what_never_moved_is_in_the_middle():
    assert list(rsi(np.full(5, 3.0), 2)[2:]) == [50, 50, 50]


def test_rsi_of_what_has_long_stood_still_is_in_the_middle():
    strength = rsi(np.array([5.0, 4, 3, 2, *[1.0] * 60]), 2)
    assert (strength[43], strength[44]) == (0, 50)  # 40 candles leave 2⁻⁴⁰ < 1e-12; the last move was at candle 4


def test_rsi_of_what_moves_is_as_talib_has_it():
    assert np.array_equal(rsi(CLOSES, 14), talib.RSI(CLOSES, 14), equal_nan=True)


def test_bands_lie_deviations_around_the_mean():
    # 1 2 6: mean 3, deviation √(14/3)
    upper, middle, lower = bands(np.array([1.0, 2, 6]), 3, 2)
    assert np.allclose([upper[2], middle[2], lower[2]], [3 + 2 * (14 / 3) ** 0.5, 3, 3 - 2 * (14 / 3) ** 0.5])


def test_bands_are_as_talib_has_them_over_many_blocks():
    closes = walk(13, 20_000).close
    assert np.allclose(bands(closes, 20, 2.0), talib.BBANDS(closes, 20, 2.0, 2.0), rtol=1e-6, equal_nan=True)


def test_bands_of_a_coin_of_tiny_price_have_a_width():
    # On 1e-9 a deviation of 1e-9 has a variance of 1e-18, which TA-Lib takes for none.
    upper, _, lower = bands(np.array([1.0, 3, 1, 3]) * 1e-9, 2, 1)
    assert np.allclose((upper - lower)[1:], 2e-9)


def test_bands_of_a_quiet_market_are_right_after_a_year_of_a_loud_one():
    closes = np.concatenate([walk(17, 500_000, tick=100.0).close, 1_000_000 + np.tile([0.0, 0.01], 3_000)])
    upper, middle, _ = bands(closes, 20, 1)
    assert np.allclose((upper - middle)[-100:], 0.005, rtol=1e-3)


def test_macd_is_the_difference_of_averages_and_its_average():
    line, signal = macd(np.array([10.0, 11, 12, 12]), 2, 3, 2)
    assert np.allclose([line[3], signal[3]], [11.8333333 - 11.5, (0.5 + 0.3333333) / 2])


def test_highest_and_lowest_look_at_the_last_values():
    values = np.array([3.0, 1, 2, 0])
    assert (list(highest(values, 2)[1:]), list(lowest(values, 2)[1:])) == ([3, 2, 2], [1, 1, 0])


@pytest.mark.parametrize("name", ["sma", "ema", "rsi", "highest", "lowest"])
def test_too_few_values_are_no_number(name):
    assert np.isnan(getattr(indicators, name)(np.array([1.0, 2.0]), 5)).all()


def test_too_few_values_have_no_bands():
    assert np.isnan(bands(np.array([1.0, 2.0]), 5, 2)).all()


def test_whole_numbers_are_taken_too():
    assert sma(np.array([1, 2, 3]), 2)[2] == 2.5


def test_an_ema_has_forgotten_a_candle_after_its_memory():
    # (1 − 2 ÷ 21)^k ≤ 1e-12 from k = 276.2 on
    assert ema_memory(20) == 277


def test_an_average_of_one_forgets_at_once():
    assert (ema_memory(1), wilder_memory(1)) == (1, 1)


def test_wilders_average_remembers_longer():
    # (13 ÷ 14)^k ≤ 1e-12 from k = 372.9 on
    assert wilder_memory(14) == 373
