"""The synthetic market: the same price in every process, moving, bounded, on tick."""

import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from market.catalogue import INSTRUMENTS
from market.models import Instrument
from market.sources.synthetic import SyntheticSource, movement, synthetic_quote

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
SECOND = int(NOW.timestamp())
ROWS = {row["symbol"]: row for row in INSTRUMENTS}
every_symbol = pytest.mark.parametrize("symbol", ROWS)


def make(symbol: str, **changes: object) -> Instrument:
    instrument = Instrument(**ROWS[symbol] | changes)
    instrument.clean_fields()
    return instrument


def quotes_of(instrument: Instrument, *, count: int, every: timedelta = timedelta(seconds=1)) -> list:
    start = NOW.replace(microsecond=0)
    return [synthetic_quote(instrument, seed=7, at=start + index * every) for index in range(count)]


def test_quote_is_what_it_was_when_this_test_was_written():
    quote = synthetic_quote(make("BTCUSDT"), seed=7, at=NOW.replace(microsecond=0))
    assert (quote.bid, quote.last, quote.ask) == (Decimal("101747.4"), Decimal("101752.5"), Decimal("101757.6"))


def test_another_process_computes_the_same_movement():
    code = f"""
import django
django.setup()
from market.sources.synthetic import movement
print(repr([movement(seed=7, base="BTC", symbol="BTCUSDT", second={SECOND} + step) for step in range(50)]))
"""
    here = Path(__file__).resolve().parents[2]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings_test"}
    found = subprocess.run([sys.executable, "-c", code], cwd=here, env=env, capture_output=True, text=True, check=True)
    mine = [movement(seed=7, base="BTC", symbol="BTCUSDT", second=SECOND + step) for step in range(50)]
    assert found.stdout.strip() == repr(mine)


def test_all_quotes_of_one_second_are_equal_and_carry_its_start():
    instrument, source = make("BTCUSDT"), SyntheticSource()
    early = source.quotes([instrument], now=NOW)[instrument.id]
    late = source.quotes([instrument], now=NOW + timedelta(milliseconds=700))[instrument.id]
    assert early == late
    assert early.at == NOW.replace(microsecond=0)


def test_time_of_a_quote_is_utc_whatever_the_zone_of_now():
    zone = datetime.fromisoformat("2026-03-01T17:30:00.250000+05:30").tzinfo
    instrument, source = make("BTCUSDT"), SyntheticSource()
    quote = source.quotes([instrument], now=NOW.astimezone(zone))[instrument.id]
    assert quote.at.isoformat() == "2026-03-01T12:00:00+00:00"
    assert quote == source.quotes([instrument], now=NOW)[instrument.id]


def test_another_seed_is_another_market():
    at = NOW.replace(microsecond=0)
    instrument = make("BTCUSDT")
    assert synthetic_quote(instrument, seed=7, at=at).last != synthetic_quote(instrument, seed=8, at=at).last


def test_seed_is_taken_from_the_settings(settings):
    instrument, source = make("BTCUSDT"), SyntheticSource()
    settings.SYNTHETIC_MARKET_SEED = 8
    quote = source.quotes([instrument], now=NOW)[instrument.id]
    assert quote == synthetic_quote(instrument, seed=8, at=NOW.replace(microsecond=0))


@every_symbol
def test_prices_stay_on_tick_and_bid_below_last_below_ask(symbol):
    instrument = make(symbol)
    quotes = quotes_of(instrument, count=500, every=timedelta(minutes=17))
    assert {price % instrument.tick_size for quote in quotes for price in (quote.bid, quote.last, quote.ask)} == {0}
    assert all(0 < quote.bid <= quote.last <= quote.ask and quote.bid < quote.ask for quote in quotes)


@every_symbol
def test_spread_is_the_instruments_own_to_a_tick_each_side(symbol):
    instrument = make(symbol)
    quote = quotes_of(instrument, count=1)[0]
    assert 0 <= quote.ask - quote.bid - quote.last * instrument.spread < 2 * instrument.tick_size


@every_symbol
def test_price_stays_within_a_tenth_of_its_reference_for_years(symbol):
    instrument = make(symbol)
    moved = [
        quote.last / instrument.reference_price - 1
        for quote in quotes_of(instrument, count=2000, every=timedelta(hours=11))
    ]
    assert -Decimal("0.1001") < min(moved) < -Decimal("0.03")
    assert Decimal("0.03") < max(moved) < Decimal("0.1001")


@every_symbol
def test_price_moves_nearly_every_second_and_never_jumps(symbol):
    lasts = [quote.last for quote in quotes_of(make(symbol), count=601)]
    steps = [abs(after / before - 1) for before, after in pairwise(lasts)]
    assert sum(step > 0 for step in steps) > 500
    assert max(steps) < Decimal("0.002")


def test_one_currency_moves_all_its_instruments_together():
    pairs = zip(
        quotes_of(make("BTC-USD"), count=300, every=timedelta(hours=9)),
        quotes_of(make("BTCUSDT"), count=300, every=timedelta(hours=9)),
        strict=True,
    )
    assert max(abs(one.last / other.last - 1) for one, other in pairs) < Decimal("0.011")


def test_coarse_tick_and_no_spread_still_leave_bid_a_tick_below_ask():
    instrument = make("DOGEUSDT", tick_size=Decimal(1), spread=Decimal(0))
    quote = quotes_of(instrument, count=1)[0]
    assert (quote.bid, quote.ask) == (2, 3)


def test_mid_lies_half_way_and_age_counts_from_the_quote():
    quote = quotes_of(make("BTCUSDT"), count=1)[0]
    assert quote.mid * 2 == quote.bid + quote.ask
    assert quote.age_seconds(NOW) == 0.25


def test_unsaved_instruments_get_quotes_of_their_own():
    instruments = [make("BTCUSDT", id=uuid.uuid4()), make("EURUSD", id=uuid.uuid4())]
    assert set(SyntheticSource().quotes(instruments, now=NOW)) == {instrument.id for instrument in instruments}
