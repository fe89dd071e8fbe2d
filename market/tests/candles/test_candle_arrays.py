"""`candle_arrays`: what is stored, what is made of it, and never a part of a period."""

from datetime import UTC, datetime, timedelta

import pytest

from market.candles.arrays import candle_arrays
from market.candles.making import made_of
from market.intervals import Interval
from market.models import Instrument
from market.services.candles import store_candles
from market.tests.candles.making import MIDNIGHT, NOW, picked, rows, walk, without

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def read(instrument, interval, *, start=MIDNIGHT - DAY, end=MIDNIGHT + 30 * DAY):
    return rows(candle_arrays(instrument, interval, start=start, end=end))


def test_stored_minutes_come_as_they_are(on_bybit):
    store_candles(on_bybit, walk(3_000), now=NOW)
    assert read(on_bybit, Interval.M1) == rows(walk(3_000))


def test_start_is_in_and_end_is_out(on_bybit):
    store_candles(on_bybit, walk(10), now=NOW)
    minute = timedelta(minutes=1)
    told = read(on_bybit, Interval.M1, start=MIDNIGHT + 2 * minute, end=MIDNIGHT + 5 * minute)
    assert told == rows(walk(10))[2:5]


def test_a_start_within_a_period_begins_with_the_next(on_bybit):
    store_candles(on_bybit, walk(10), now=NOW)
    start = MIDNIGHT + timedelta(minutes=2, microseconds=1)
    assert read(on_bybit, Interval.M1, start=start) == rows(walk(10))[3:]


def test_hours_that_are_not_stored_are_made_of_minutes(on_bybit):
    store_candles(on_bybit, walk(3_000), now=NOW)
    assert read(on_bybit, Interval.H1) == rows(made_of(walk(3_000), Interval.H1))


def test_a_period_with_a_hole_is_left_out(on_bybit):
    store_candles(on_bybit, without(walk(300), 100), now=NOW)
    assert [(row[0] // 60_000) % 1_440 for row in read(on_bybit, Interval.H1)] == [0, 120, 180, 240]


def test_the_largest_interval_that_divides_comes_first(on_bybit):
    quarters = walk(8, interval=Interval.M15, seed=2)
    store_candles(on_bybit, walk(300), now=NOW)
    store_candles(on_bybit, quarters, now=NOW)
    assert (
        read(on_bybit, Interval.H1) == rows(made_of(quarters, Interval.H1)) + rows(made_of(walk(300), Interval.H1))[2:]
    )


def test_a_stored_candle_comes_before_one_that_could_be_made(on_bybit):
    hours = picked(walk(5, interval=Interval.H1, seed=2), [1])
    store_candles(on_bybit, walk(300), now=NOW)
    store_candles(on_bybit, hours, now=NOW)
    made = rows(made_of(walk(300), Interval.H1))
    assert read(on_bybit, Interval.H1) == [made[0], *rows(hours), *made[2:]]


def test_nothing_stored_on_a_market_of_an_exchange_is_nothing(on_bybit):
    assert read(on_bybit, Interval.H1) == []


def test_a_whole_span_is_one_statement(on_bybit, django_assert_num_queries):
    store_candles(on_bybit, walk(2_880), now=NOW)
    with django_assert_num_queries(1):
        assert len(read(on_bybit, Interval.M1, start=MIDNIGHT, end=MIDNIGHT + 2 * DAY)) == 2_880


def test_days_made_of_minutes_take_the_same_statements_however_many(on_bybit, django_assert_num_queries):
    store_candles(on_bybit, walk(40 * 1_440), now=NOW)
    with django_assert_num_queries(3):  # own days, what there is, minutes
        assert len(read(on_bybit, Interval.D1)) == 30


def test_holes_are_read_once(on_bybit, django_assert_num_queries):
    store_candles(on_bybit, without(walk(2_880), 5, 2_000), now=NOW)
    read(on_bybit, Interval.D1)
    with django_assert_num_queries(2):  # own days, what there is: no whole day, so no minutes
        assert read(on_bybit, Interval.D1) == []


def test_holes_that_were_filled_are_seen(on_bybit):
    store_candles(on_bybit, without(walk(1_440), 5), now=NOW)
    assert read(on_bybit, Interval.D1) == []
    store_candles(on_bybit, picked(walk(1_440), [5]), now=NOW)
    assert read(on_bybit, Interval.D1) == rows(made_of(walk(1_440), Interval.D1))


def test_the_synthetic_market_is_computed_and_ends_now(btcusdt, time_machine_at):
    told = read(btcusdt, Interval.H1, start=NOW - timedelta(hours=3), end=NOW + DAY)
    assert [datetime.fromtimestamp(row[0] / 1_000, UTC) for row in told] == [
        NOW - timedelta(hours=3),
        NOW - timedelta(hours=2),
        NOW - timedelta(hours=1),
    ]


def test_the_synthetic_market_has_a_beginning(btcusdt):
    begun = datetime(2024, 1, 1, tzinfo=UTC)
    assert len(read(btcusdt, Interval.D1, start=begun - 9 * DAY, end=begun + 2 * DAY)) == 2
    assert read(btcusdt, Interval.D1, start=begun - 9 * DAY, end=begun - 2 * DAY) == []


def test_what_somebody_stored_takes_the_place_of_what_is_computed(btcusdt):
    store_candles(btcusdt, walk(60), now=NOW)
    assert read(btcusdt, Interval.H1) == rows(made_of(walk(60), Interval.H1))


def test_an_instrument_without_a_reference_price_computes_nothing(btcusdt):
    Instrument.objects.filter(pk=btcusdt.pk).update(reference_price=None)
    btcusdt.refresh_from_db()
    assert read(btcusdt, Interval.H1) == []
