"""Candles gathered from the feed's quotes: of whole minutes only, all instruments in a few statements."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError

from market.candles import live
from market.candles.live import LiveCandles
from market.candles.reading import stored_candles
from market.intervals import Interval
from market.models import CandleBlock, Instrument
from market.services.candles import store_candles
from market.sources.base import Quote
from market.tests.candles.making import MIDNIGHT, NOW, milliseconds, rows, walk

pytestmark = pytest.mark.django_db
EVERY = range(0, 60, 4)


def quote(instrument, second, price):
    at = MIDNIGHT + timedelta(seconds=second)
    return Quote(instrument.id, Decimal(price) - 1, Decimal(price) + 1, Decimal(price), at)


def feed(gathered, instruments, seconds, *, price=lambda second: 100 + second % 60):
    """Hand a round of quotes every so many seconds; return how many candles were stored."""
    rounds = [
        gathered.take(
            [quote(instrument, second, price(second)) for instrument in instruments],
            instruments=instruments,
            now=MIDNIGHT + timedelta(seconds=second + 1),
        )
        for second in seconds
    ]
    return sum(each.added for each in rounds)


def read(instrument):
    return rows(stored_candles(instrument.id, Interval.M1, first=0, end=10**8))


def test_a_watched_minute_is_stored_when_it_has_passed(btcusdt):
    gathered = LiveCandles()
    assert feed(gathered, [btcusdt], EVERY) == 0
    assert feed(gathered, [btcusdt], [60, 64]) == 1
    assert read(btcusdt) == [(milliseconds(MIDNIGHT), 100, 156, 100, 156, 0)]


def test_high_and_low_are_those_between_the_ends(btcusdt):
    prices = {0: 100, 4: 90, 8: 120, 12: 95.5}
    feed(LiveCandles(), [btcusdt], [*EVERY, 60], price=lambda second: str(prices.get(second, 101)))
    assert read(btcusdt) == [(milliseconds(MIDNIGHT), 100, 120, 90, 101, 0)]


def test_a_minute_without_a_new_quote_after_it_is_closed_by_the_clock(btcusdt):
    gathered = LiveCandles()
    feed(gathered, [btcusdt], EVERY)
    assert gathered.take([], instruments=[btcusdt], now=MIDNIGHT + timedelta(seconds=61)).added == 0
    assert gathered.take([], instruments=[btcusdt], now=MIDNIGHT + timedelta(seconds=62)).added == 1


@pytest.mark.parametrize(
    "seconds",
    [range(8, 60, 4), range(0, 50, 4), [*range(0, 20, 4), *range(28, 60, 4)]],
    ids=["begun late", "ended early", "a hole within"],
)
def test_a_minute_that_was_not_watched_whole_is_not_stored(btcusdt, seconds):
    feed(LiveCandles(), [btcusdt], [*seconds, 64, 68])
    assert not CandleBlock.objects.exists()


def test_a_minute_that_begins_after_a_late_start_is_stored(btcusdt):
    feed(LiveCandles(), [btcusdt], range(32, 124, 4))
    assert [row[0] for row in read(btcusdt)] == [milliseconds(MIDNIGHT) + 60_000]


def test_a_quote_that_is_told_again_or_older_changes_nothing(btcusdt):
    gathered = LiveCandles()
    feed(gathered, [btcusdt], EVERY)
    feed(gathered, [btcusdt], [4], price=lambda second: 9_999)
    feed(gathered, [btcusdt], [60])
    feed(gathered, [btcusdt], [64])
    assert read(btcusdt)[0][2] == 156


def test_a_candle_that_a_source_told_stays(btcusdt):
    store_candles(btcusdt, walk(1), now=NOW)
    feed(LiveCandles(), [btcusdt], [*EVERY, 60, 64])
    assert read(btcusdt) == rows(walk(1))


def test_instruments_that_are_not_given_are_not_gathered(btcusdt):
    gathered, other = LiveCandles(), Instrument.objects.get(symbol="ETHUSDT")
    quotes = [quote(other, second, 100) for second in [*EVERY, 64]]
    gathered.take(quotes, instruments=[btcusdt], now=NOW)
    assert not CandleBlock.objects.exists()


def test_statements_do_not_grow_with_the_instruments(django_assert_num_queries):
    instruments, gathered = list(Instrument.objects.all()), LiveCandles()
    feed(gathered, instruments, EVERY)
    with django_assert_num_queries(3):  # the transaction, insert
        assert feed(gathered, instruments, [64]) == len(instruments)


def test_a_round_without_a_closed_minute_is_no_statement(btcusdt, django_assert_num_queries):
    with django_assert_num_queries(0):
        feed(LiveCandles(), [btcusdt], EVERY)


def test_what_a_database_that_was_down_did_not_take_is_stored_later(btcusdt, monkeypatch):
    gathered = LiveCandles()
    monkeypatch.setattr(live, "add_candles", _down)
    with pytest.raises(DatabaseError):
        feed(gathered, [btcusdt], [*EVERY, 64])
    monkeypatch.undo()
    assert feed(gathered, [btcusdt], [68]) == 1


def _down(told, *, now):
    raise DatabaseError("gone")
