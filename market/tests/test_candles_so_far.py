"""The candles that a decision rests on: unbroken until the newest closed one, or none."""

from datetime import UTC, datetime

import numpy as np
import pytest

from market.candles.series import CandleSeries
from market.intervals import Interval
from market.services import candles_so_far as so_far
from market.services.candles import store_candles
from market.services.candles_so_far import candles_so_far, settled_after

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
END = Interval.M1.number_at(int(NOW.timestamp()))


def stored(instrument, first, end, interval=Interval.M1):
    numbers = np.arange(first, end)
    prices = [np.full(len(numbers), 100.0) for _ in range(5)]
    series = CandleSeries(interval, numbers * interval.seconds * 1_000, *prices)
    store_candles(instrument, series, now=NOW)


def told(instrument, interval=Interval.M1, *, first=END - 10, end=END):
    found = candles_so_far(instrument, interval, first=first, end=end, now=NOW)
    return None if found is None else len(found)


def test_candles_that_are_stored_are_one_statement(btcusdt, django_assert_num_queries):
    stored(btcusdt, END - 20, END)
    with django_assert_num_queries(1):
        assert told(btcusdt) == 10


def test_a_synthetic_market_has_all_of_them(btcusdt):
    assert told(btcusdt) == 10


def test_a_market_that_began_later_has_fewer(btcusdt):
    stored(btcusdt, END - 4, END)
    assert told(btcusdt) == 4


def test_higher_candles_are_made_of_lower_ones(btcusdt):
    stored(btcusdt, END - 50, END)
    assert told(btcusdt, Interval.M5, first=END // 5 - 10, end=END // 5) == 10


@pytest.mark.parametrize(("first", "end"), [(END - 20, END - 1), (END - 20, END - 12)])
def test_without_the_newest_candle_there_are_none(btcusdt, first, end):
    stored(btcusdt, first, end)
    assert told(btcusdt) is None


def test_with_a_hole_in_them_there_are_none(btcusdt):
    stored(btcusdt, END - 20, END - 5)
    stored(btcusdt, END - 4, END)
    assert told(btcusdt) is None


def test_what_is_lacking_the_exchange_is_asked_for_the_newest_first(btcusdt, monkeypatch):
    asked = []

    def fetch(instrument, interval, lacking, *, now):
        asked.append(tuple(lacking))
        stored(instrument, max(lacking.first, lacking.end - 3), lacking.end)
        return True

    monkeypatch.setattr(so_far, "fetch_lacking", fetch)
    stored(btcusdt, END - 6, END - 1)
    assert told(btcusdt) == 10
    assert asked == [(END - 1, END), (END - 10, END - 6), (END - 10, END - 9)]


def test_candles_of_an_exchange_are_given_time_to_settle(btcusdt):
    assert settled_after(btcusdt) == 0
    btcusdt.source = "bybit"
    assert settled_after(btcusdt) == 8
