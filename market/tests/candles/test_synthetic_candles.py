"""Candles of the synthetic market: the prices that it quoted, second by second."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.candles.making import made_of
from market.intervals import Interval
from market.sources.synthetic import synthetic_quote
from market.sources.synthetic_candles import market_of, synthetic_candles
from market.sources.synthetic_waves import FAST_WAVES, SLOW_WAVES, movement, movements
from market.tests.candles.making import MIDNIGHT, rows
from market.tests.test_synthetic_source import make

MARKET = {"seed": 7, "base": "BTC", "symbol": "BTCUSDT"}
MINUTE = Interval.M1.number_at(int(MIDNIGHT.timestamp()))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5_000), st.sampled_from(["BTCUSDT", "EURUSD", "X"]), st.integers(0, 9))
def test_many_seconds_at_once_are_the_same_bits_as_one_by_one(first, count, symbol, seed):
    market = {"seed": seed, "base": symbol[:3], "symbol": symbol}
    moved = movements(**market, first=first, count=count).tolist()
    places = sorted({0, count - 1, count // 2, count // 3})
    assert [moved[place] for place in places] == [movement(**market, second=first + place) for place in places]


@pytest.mark.parametrize("period", [period for period, _ in SLOW_WAVES + FAST_WAVES])
def test_the_bits_are_the_same_across_the_end_of_every_wave(period):
    first = 1_700_000_000 // period * period - 5
    moved = movements(**MARKET, first=first, count=2 * period + 10).tolist()
    places = range(0, len(moved), max(1, period // 50))
    assert [moved[place] for place in places] == [movement(**MARKET, second=first + place) for place in places]


@pytest.mark.parametrize("symbol", ["BTCUSDT", "EURUSD", "DOGEUSDT", "SPX-FUT"])
def test_a_minute_is_what_was_quoted_in_its_sixty_seconds(symbol):
    instrument = make(symbol)
    [row] = rows(synthetic_candles(market_of(instrument), Interval.M1, first=MINUTE + 7, end=MINUTE + 8))
    start = MIDNIGHT + timedelta(minutes=7)
    lasts = [synthetic_quote(instrument, seed=7, at=start + timedelta(seconds=second)).last for second in range(60)]
    assert row[0] == start.timestamp() * 1_000
    assert row[1:5] == tuple(map(float, (lasts[0], max(lasts), min(lasts), lasts[-1])))


def test_prices_are_whole_ticks_to_the_last_digit():
    candles = synthetic_candles(market_of(make("BTCUSDT")), Interval.M1, first=MINUTE, end=MINUTE + 3_000)
    assert {Decimal(repr(price)) % Decimal("0.1") for price in candles.high.tolist()} == {0}


@pytest.mark.parametrize("interval", [Interval.M5, Interval.M30, Interval.H1, Interval.H4, Interval.D1, Interval.W1])
def test_higher_candles_are_made_of_the_same_minutes(interval):
    market, first = market_of(make("BTCUSDT")), interval.number_at(int(MIDNIGHT.timestamp()))
    told = synthetic_candles(market, interval, first=first, end=first + 2)
    start, end = (interval.opens_at(number) // 60 for number in (first, first + 2))
    made = made_of(synthetic_candles(market, Interval.M1, first=start, end=end), interval)
    assert [row[:5] for row in rows(told)] == [row[:5] for row in rows(made)]
    assert told.volume.tolist() == pytest.approx(made.volume.tolist())


def test_hours_may_begin_and_end_within_days():
    market, first = market_of(make("BTCUSDT")), Interval.H1.number_at(int(MIDNIGHT.timestamp())) + 5
    told = synthetic_candles(market, Interval.H1, first=first, end=first + 30)
    assert told.opened_at.tolist() == [(first + place) * 3_600_000 for place in range(30)]


def test_volumes_lie_around_the_size_that_slips():
    volume = synthetic_candles(market_of(make("BTCUSDT")), Interval.M1, first=MINUTE, end=MINUTE + 3_000).volume
    assert 0.1 <= volume.min() < 0.2
    assert 9 < volume.max() <= 10


def test_an_instrument_without_a_reference_price_has_no_market():
    assert market_of(make("BTCUSDT", reference_price=None)) is None


def test_another_seed_has_other_candles(settings):
    before = market_of(make("BTCUSDT"))
    settings.SYNTHETIC_MARKET_SEED = 8
    told = [synthetic_candles(m, Interval.H1, first=500_000, end=500_002) for m in (before, market_of(make("BTCUSDT")))]
    assert rows(told[0]) != rows(told[1])


def test_no_numbers_are_no_candles():
    assert len(synthetic_candles(market_of(make("BTCUSDT")), Interval.D1, first=20_000, end=20_000)) == 0


def test_quote_of_a_second_is_in_the_candle_of_its_minute():
    at = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
    number = Interval.M1.number_at(int(at.timestamp()))
    [row] = rows(synthetic_candles(market_of(make("ETHUSDT")), Interval.M1, first=number, end=number + 1))
    assert row[3] <= synthetic_quote(make("ETHUSDT"), seed=7, at=at).last <= row[2]
