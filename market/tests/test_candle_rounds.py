"""Closed minutes of an exchange are fetched once each, stored, and handed to those that follow prices."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from market import followers
from market.candle_rounds import MOST_REQUESTS, CandleRounds
from market.candles.arrays import candle_arrays
from market.intervals import Interval
from market.models import Instrument
from market.sources.bybit_candles import BybitCandles
from market.tests.bybit_server import says
from market.tests.venue_server import bybit_body

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
KLINE = "/v5/market/kline"


def ms(moment):
    return round(moment.timestamp() * 1000)


def without_minutes(query):
    return bybit_body([], category="linear", symbol=query["symbol"])


class Clock:
    def __init__(self):
        self.now = NOON + timedelta(seconds=66)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told(monkeypatch):
    """What followers are told, who need the linear markets."""
    ranges = []
    monkeypatch.setattr(followers, "_followers", [ranges.extend])
    wanted = Instrument.objects.filter(symbol__in=["BTCUSDT", "ETHUSDT"]).values_list("pk")
    monkeypatch.setattr(followers, "_wanting", [lambda: wanted])
    return ranges


@pytest.fixture
def minutes(venue, clock, on_bybit):
    """The exchange has whichever minute is asked for: open 50000, high 50500.5, low 48900, close 50200."""

    def answer(query):
        row = [query["start"], "50000", "50500.5", "48900", "50200", "12.5", "627500"]
        return bybit_body([row], category="linear", symbol=query["symbol"], time=ms(clock.now))

    venue.answers[KLINE] = answer
    return venue


@pytest.fixture
def rounds(reader, clock):
    return CandleRounds("bybit", BybitCandles(reader), clock=clock)


def test_the_minute_that_closed_is_told_with_its_span_and_its_prices(minutes, rounds, told):
    assert rounds.round() == 0
    by_symbol = {row.instrument.symbol: row for row in told}
    assert sorted(by_symbol) == ["BTCUSDT", "ETHUSDT"]
    of = by_symbol["BTCUSDT"]
    assert (of.opened_at, of.last.at, of.last.last) == (NOON, NOON + timedelta(minutes=1), Decimal(50200))
    half = Decimal(48900) * of.instrument.spread / 2
    assert (of.low_bid, of.low_ask) == (48900 - half, 48900 + half)


def test_it_is_stored_too(minutes, rounds, told):
    rounds.round()
    stored = candle_arrays(
        Instrument.objects.get(symbol="BTCUSDT"), Interval.M1, start=NOON, end=NOON + timedelta(minutes=1)
    )
    assert (stored.high.tolist(), stored.volume.tolist()) == ([50500.5], [12.5])


def test_it_is_asked_for_once_and_then_nothing_is_asked_at_all(minutes, rounds, told, django_assert_num_queries):
    rounds.round()
    rounds.round()
    with django_assert_num_queries(0):
        assert rounds.round() == 0
    assert (len(minutes.requests), len(told)) == (2, 2)


def test_the_next_minute_is_told_when_it_has_closed(minutes, rounds, told, clock):
    rounds.round()
    rounds.round()
    clock.now += timedelta(minutes=1)
    rounds.round()
    assert [row.opened_at.minute for row in told] == [0, 0, 1, 1]


def test_one_that_is_not_there_yet_is_asked_for_again(minutes, rounds, told, venue):
    there, venue.answers[KLINE] = venue.answers[KLINE], without_minutes
    assert (rounds.round(), told) == (2, [])
    venue.answers[KLINE] = there
    assert (rounds.round(), len(told)) == (0, 2)


def test_one_that_is_too_old_to_fill_anything_is_not_asked_for(minutes, rounds, told, clock):
    clock.now += timedelta(seconds=20)
    assert (rounds.round(), minutes.requests) == (0, [])


def test_an_outage_ends_the_round_and_the_next_one_tries_again(minutes, rounds, told):
    minutes.queued[KLINE] = [says("down", 503)] * 3
    assert (rounds.round(), told) == (2, [])
    assert (rounds.round(), len(told)) == (0, 2)


def test_a_refusal_is_of_one_instrument_and_for_this_minute(minutes, rounds, told):
    minutes.queued[KLINE] = [says("no", 404)]
    assert (rounds.round(), len(told)) == (0, 1)
    rounds.round()
    assert len(minutes.requests) == 2


def test_requests_of_a_minute_are_bounded(minutes, rounds, told, venue):
    venue.answers[KLINE] = without_minutes
    [rounds.round() for _ in range(MOST_REQUESTS)]
    assert len(venue.requests) == MOST_REQUESTS


def test_nothing_is_asked_where_nobody_needs_it(minutes, rounds, monkeypatch):
    monkeypatch.setattr(followers, "_wanting", [])
    assert (rounds.round(), minutes.requests) == (0, [])
