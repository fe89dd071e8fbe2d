"""What charts are drawn from: few points, the ones that stand out, and nothing that JSON has not."""

import json

import numpy as np
import pytest

from strategies.report.charts import MOST_POINTS, chart_data, drawdown_percent, largest_trades
from strategies.report.thinning import joined_candles
from strategies.tests.backtest.running import START, candles, flat, run
from strategies.tests.report.making import SERIES, result, subject

HOUR = 3_600_000


def test_a_curve_stands_at_the_ends_of_the_candles_that_count():
    told = chart_data(subject())
    assert told["equity"]["at"] == [START + hours * HOUR for hours in (2, 3, 4, 5, 6)]
    assert told["equity"]["value"] == [10_000, 10_000, 10_010, 10_010, 10_010]


def test_drawdown_is_measured_from_the_highest_so_far_the_start_included():
    assert drawdown_percent(np.array([90.0, 120.0, 60.0]), 100.0).tolist() == pytest.approx([-10, 0, -50])


def test_a_long_curve_is_drawn_from_few_points_its_extremes_among_them():
    series = candles(*[flat(100 + step % 7) for step in range(5_000)], (100, 900, 100, 900), flat(100))
    told = chart_data(subject(result=run(series, [1.0] * len(series)), candles=series))
    assert len(told["equity"]["at"]) <= MOST_POINTS
    assert max(told["equity"]["value"]) == 10_000 + 800 - 1  # bought at 101


def test_candles_are_joined_where_there_are_too_many():
    told, width = joined_candles(candles((1, 5, 1, 2), (2, 9, 2, 3), (3, 4, 0.5, 4)), most=2)
    assert (width, told.open.tolist(), told.close.tolist()) == (2, [1, 3], [3, 4])
    assert (told.high.tolist(), told.low.tolist()) == ([9, 4], [1, 0.5])


def test_few_candles_stay_as_they_are():
    assert joined_candles(SERIES, most=6) == (SERIES, 1)


def test_candles_that_are_gone_are_not_drawn():
    assert chart_data(subject(candles=None))["candles"] is None


def test_an_open_trade_has_no_exit_and_json_takes_it():
    told = json.loads(json.dumps(chart_data(subject())["trades"], allow_nan=False))
    assert (told["closed_at"][1], told["exit_price"]) == (0, [110, None])


def test_of_many_trades_those_that_gained_or_lost_most_are_kept_in_order():
    trades = result().trades
    assert (largest_trades(trades, most=1), largest_trades(trades, most=2)) == ([0], [0, 1])
