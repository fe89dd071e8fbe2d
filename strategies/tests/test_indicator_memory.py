"""Indicators are computed once inside a sweep, and only of its candles."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from strategies.indicator_memory import remembering
from strategies.indicators import bands, sma
from strategies.tests.series import walk

CANDLES = walk(1, 100)


def test_inside_a_sweep_an_indicator_is_computed_once():
    with remembering(CANDLES):
        assert sma(CANDLES.close, 5) is sma(CANDLES.close, 5)


def test_outside_nothing_is_remembered():
    assert sma(CANDLES.close, 5) is not sma(CANDLES.close, 5)


def test_other_arguments_are_another_indicator():
    with remembering(CANDLES):
        assert sma(CANDLES.close, 5) is not sma(CANDLES.close, 6)


def test_another_column_is_another_indicator():
    with remembering(CANDLES):
        assert sma(CANDLES.close, 5) is not sma(CANDLES.high, 5)


def test_several_bands_are_remembered_together():
    with remembering(CANDLES):
        assert bands(CANDLES.close, 5, 2.0) is bands(CANDLES.close, 5, 2.0)


def test_what_a_rule_makes_up_is_not_remembered():
    made_up = CANDLES.close * 2
    with remembering(CANDLES):
        assert sma(made_up, 5) is not sma(made_up, 5)


def test_no_more_is_remembered_than_there_is_room_for():
    with remembering(CANDLES, room_bytes=100 * 8):
        assert sma(CANDLES.close, 5) is sma(CANDLES.close, 5)
        assert sma(CANDLES.close, 6) is not sma(CANDLES.close, 6)


def test_threads_that_copy_the_context_share_it():
    with remembering(CANDLES), ThreadPoolExecutor(1) as pool:
        told = pool.submit(copy_context().run, sma, CANDLES.close, 5).result()
        assert told is sma(CANDLES.close, 5)


def test_nobody_writes_into_what_may_be_shared():
    with pytest.raises(ValueError, match="read-only"):
        sma(CANDLES.close, 5)[0] = 1
