"""Storing candles: each stands once, what differs is replaced, and two writers at once lose nothing."""

import threading

import pytest
from django.db import connection

from market.candles.reading import stored_candles
from market.intervals import Interval
from market.models import CandleBlock, Instrument
from market.services.candles import CHUNK, Stored, add_candles, store_candles
from market.tests.candles.making import NOW, picked, rows, walk, without

pytestmark = pytest.mark.django_db
EVER = {"first": 0, "end": 10**8}


def read(instrument, interval=Interval.M1):
    return rows(stored_candles(instrument.id, interval, **EVER))


def test_what_is_stored_is_read_as_it_was(btcusdt):
    series = without(walk(4_000), 17, 1500, 1501)
    assert store_candles(btcusdt, series, now=NOW) == Stored(3_997, 0, 0)
    assert read(btcusdt) == rows(series)


def test_the_same_candles_again_change_nothing(btcusdt):
    store_candles(btcusdt, walk(2_000), now=NOW)
    before = list(CandleBlock.objects.values("id", "updated_at", "data"))
    assert store_candles(btcusdt, walk(2_000), now=NOW.replace(hour=13)) == Stored(0, 0, 2_000)
    assert list(CandleBlock.objects.values("id", "updated_at", "data")) == before


def test_a_candle_with_other_figures_takes_the_place_of_the_one_there(btcusdt):
    store_candles(btcusdt, walk(2_000), now=NOW)
    other = picked(walk(2_000, seed=2), range(1_400, 1_500))
    assert store_candles(btcusdt, other, now=NOW) == Stored(0, 100, 0)
    assert read(btcusdt) == rows(walk(2_000))[:1_400] + rows(other) + rows(walk(2_000))[1_500:]


def test_candles_that_are_added_never_replace(btcusdt):
    store_candles(btcusdt, without(walk(10), 3), now=NOW)
    assert add_candles([(btcusdt, walk(10, seed=2))], now=NOW) == Stored(1, 0, 9)
    assert read(btcusdt) == [*rows(walk(10))[:3], rows(walk(10, seed=2))[3], *rows(walk(10))[4:]]


def test_candles_of_instruments_and_intervals_stay_apart(btcusdt):
    other = Instrument.objects.get(symbol="ETHUSDT")
    store_candles(btcusdt, walk(10), now=NOW)
    store_candles(other, walk(10, seed=2), now=NOW)
    store_candles(btcusdt, walk(10, interval=Interval.H1, seed=3), now=NOW)
    assert read(btcusdt) == rows(walk(10))
    assert read(other) == rows(walk(10, seed=2))
    assert read(btcusdt, Interval.H1) == rows(walk(10, interval=Interval.H1, seed=3))


def test_statements_do_not_grow_with_the_candles(btcusdt, django_assert_num_queries):
    store_candles(btcusdt, walk(100), now=NOW)
    with django_assert_num_queries(5):  # the transaction, insert, lock, replace
        store_candles(btcusdt, walk(CHUNK * 1440, seed=2), now=NOW)


def test_statements_do_not_grow_with_the_instruments(django_assert_num_queries):
    told = [(instrument, walk(1)) for instrument in Instrument.objects.all()]
    with django_assert_num_queries(3):  # the transaction, insert
        add_candles(told, now=NOW)
    assert CandleBlock.objects.count() == len(told)


def test_reading_is_one_statement(btcusdt, django_assert_num_queries):
    store_candles(btcusdt, walk(5_000), now=NOW)
    with django_assert_num_queries(1):
        assert len(read(btcusdt)) == 5_000


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_lose_nothing(btcusdt):
    series = walk(6_000)
    shares = [picked(series, range(start, 6_000, 6)) for start in range(6)]
    start, raised = threading.Barrier(len(shares)), []

    def write(share):
        start.wait()
        try:
            store_candles(btcusdt, share, now=NOW)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(share,)) for share in shares]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert raised == []
    assert read(btcusdt) == rows(series)
