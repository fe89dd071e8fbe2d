"""Rounds of the price feed: what is wanted, no second passed over, a source that hangs holds up no other."""

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from market import followers
from market.feed import PriceFeed
from market.models import Instrument, PriceInterest, WatchlistEntry
from market.rounds import ComputedRounds, NetworkRounds
from market.services.interest import WANTED_FOR, want_prices, want_ticks
from market.sources.base import Quote
from market.sources.synthetic import SyntheticSource
from market.ticks import instrument_of, tick, topic_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 3, 2, 1, 600_000, tzinfo=UTC)


@pytest.fixture
def told(monkeypatch):
    """What followers are told, with no other app wanting anything."""
    ranges = []
    monkeypatch.setattr(followers, "_followers", [ranges.extend])
    monkeypatch.setattr(followers, "_wanting", [])
    return ranges


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def pass_seconds(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def computed(clock):
    rounds = ComputedRounds(besides=["bybit"], clock=clock)
    yield rounds
    rounds.close()


def symbols_told(ranges):
    return [row.instrument.symbol for row in ranges]


class TestWanted:
    def test_nothing_is_wanted_where_nobody_looks(self, told, computed):
        assert (computed.round(), told) == (0, [])

    def test_what_stands_on_the_watchlist_is(self, told, computed, btcusdt):
        WatchlistEntry.objects.create(instrument=btcusdt)
        assert (computed.round(), symbols_told(told)) == (1, ["BTCUSDT"])

    def test_what_was_looked_at_is_for_five_minutes(self, told, computed, clock, btcusdt):
        want_prices([btcusdt.pk], now=NOW)
        clock.pass_seconds(299)
        assert computed.round() == 1
        clock.pass_seconds(1)
        assert computed.round() == 0

    def test_what_another_app_names_is_once_whoever_else_wants_it(self, told, computed, btcusdt):
        WatchlistEntry.objects.create(instrument=btcusdt)
        want_prices([btcusdt.pk], now=NOW)
        followers.want_prices_of(lambda: Instrument.objects.filter(symbol="BTCUSDT").values_list("pk"))
        assert (computed.round(), symbols_told(told)) == (1, ["BTCUSDT"])

    def test_a_round_that_wants_nothing_is_one_statement(self, told, computed, django_assert_num_queries):
        with django_assert_num_queries(1):
            computed.round()


class TestSeconds:
    def quoted(self, instrument, second):
        return SyntheticSource().quotes([instrument], now=NOW + timedelta(seconds=second))[instrument.pk]

    def test_a_late_round_tells_the_extremes_of_every_second_since(self, told, computed, clock, btcusdt):
        want_prices([btcusdt.pk], now=NOW)
        computed.round()
        clock.pass_seconds(7)
        computed.round()
        quotes = [self.quoted(btcusdt, second) for second in range(1, 8)]
        assert (told[1].first, told[1].last) == (quotes[0], quotes[-1])
        assert told[1].low_bid == min(quote.bid for quote in quotes)
        assert told[1].high_ask == max(quote.ask for quote in quotes)

    def test_two_rounds_in_one_second_tell_of_it_again_and_of_no_other(self, told, computed, clock, btcusdt):
        want_prices([btcusdt.pk], now=NOW)
        computed.round()
        clock.pass_seconds(0.3)
        computed.round()
        assert [row.last.at for row in told] == [NOW.replace(microsecond=0)] * 2

    def test_after_a_standstill_it_looks_back_a_minute(self, told, computed, clock, btcusdt):
        want_prices([btcusdt.pk], now=NOW)
        computed.round()
        clock.pass_seconds(200)
        computed.round()
        assert told[1].last.at - told[1].first.at == timedelta(seconds=59)


class Hanging:
    """A source that answers when it is let."""

    def __init__(self):
        self.asked, self.go_on = threading.Event(), threading.Event()

    def fetch(self, instruments, *, clock):
        self.asked.set()
        self.go_on.wait(60)
        return []


@pytest.mark.django_db(transaction=True)
def test_a_source_that_hangs_holds_up_no_other(told, settings, btcusdt):
    settings.PRICE_FEED_SECONDS = 0.1
    Instrument.objects.filter(symbol="ETHUSDT").update(source="slow")
    want_prices(Instrument.objects.values_list("pk", flat=True), now=datetime.now(UTC))
    source, seen = Hanging(), threading.Event()
    followers._followers.append(lambda ranges: seen.set() if source.asked.is_set() else None)
    feed = PriceFeed(sources={"slow": source})
    feed.start()
    assert seen.wait(60)
    source.go_on.set()
    feed.stop()
    assert feed.join(60)


def test_network_round_without_wants_asks_nobody(told, clock):
    rounds = NetworkRounds("bybit", None, clock=clock)
    assert rounds.round() == 0


class TestInterest:
    def test_putting_off_is_written_seldom(self, btcusdt, django_assert_num_queries):
        want_prices([btcusdt.pk], now=NOW)
        with django_assert_num_queries(1):
            want_prices([btcusdt.pk], now=NOW + timedelta(minutes=1))
        want_prices([btcusdt.pk], now=NOW + timedelta(minutes=3))
        assert PriceInterest.objects.get().wanted_until == NOW + timedelta(minutes=3) + WANTED_FOR

    def test_statements_do_not_grow_with_instruments(self, btcusdt, django_assert_num_queries):
        ids = list(Instrument.objects.values_list("pk", flat=True))
        with django_assert_num_queries(2):
            want_prices(ids, now=NOW)

    def test_topics_of_others_and_of_no_instrument_are_passed_over(self, btcusdt):
        want_ticks(["account:1", topic_of(btcusdt.pk), "market:00000000-0000-4000-8000-000000000000"])
        assert [row.pk for row in PriceInterest.objects.all()] == [btcusdt.pk]


def test_topic_names_its_instrument_and_no_other_is_one(btcusdt):
    assert instrument_of(topic_of(btcusdt.pk)) == btcusdt.pk
    assert instrument_of("account:1") is None


def test_tick_is_in_the_documented_shape(btcusdt):
    quote = Quote(btcusdt.pk, Decimal("44999.9"), Decimal("45000.1"), Decimal("45000.00"), NOW)
    told = json.loads(tick(btcusdt, quote))
    assert (told["type"], told["symbol"], told["price"]) == ("ticker", "BTCUSDT", "45000")
    assert (told["bid"], told["timestamp"]) == ("44999.9", "2026-05-04T03:02:01.600000Z")
