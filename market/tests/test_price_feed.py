"""The price feed: keeps the newest quote of each instrument, in as many statements for one as for many."""

import itertools
import socket
import threading
import time
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.breaker import BreakerState
from market.feed import PriceFeed, safe_round
from market.models import Instrument, LatestQuote
from market.quotes import latest_quotes
from market.selectors.price_sources import price_source_states
from market.services.interest import want_prices
from market.services.quotes import keep_quotes
from market.sources.base import Quote
from market.sources.bybit import BybitSource
from market.sources.stored import StoredQuotes
from market.tests.bybit_server import says, ticker

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def state_of_bybit(now):
    return next(state for state in price_source_states(now=now) if state.name == "bybit")


@pytest.fixture
def feed(bybit, wanted):
    return PriceFeed(sources={"bybit": bybit}, candles={})


@pytest.fixture
def no_sockets(monkeypatch):
    """Python opens no connection; the database driver's own, made in C, stands already."""

    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def two_feeds(settings, exchange, wanted, on_bybit):
    """Two feeds on one database, as fast as they can, each with a source of its own."""
    settings.PRICE_FEED_SECONDS = 0.01
    feeds = [PriceFeed(sources={"bybit": BybitSource()}, candles={}) for _ in range(2)]
    for feed in feeds:
        feed.start()
    yield feeds
    for feed in feeds:
        feed.stop()
        feed.join()


def watched(exchange, requests):
    """Look at the kept quotes until so many requests were made; return the times of each look, by symbol."""
    looks, until = [], time.monotonic() + 120
    while len(exchange.asked) < requests and time.monotonic() < until:
        looks.append(dict(LatestQuote.objects.values_list("instrument__symbol", "at")))
    return looks


def went_back(looks):
    return [name for old, new in itertools.pairwise(looks) for name in old if new[name] < old[name]]


def quote_of(instrument, bid, at):
    return Quote(instrument.id, Decimal(bid), Decimal(bid) + 1, Decimal(bid), at)


def test_round_keeps_every_quote(exchange, feed, on_bybit, btcusdt):
    assert feed.round() == 4
    kept = latest_quotes(on_bybit, now=NOW)
    assert kept.keys() == {row.id for row in on_bybit}
    assert (kept[btcusdt.id].bid, kept[btcusdt.id].ask) == (Decimal("50000.1"), Decimal("50000.2"))


def test_next_round_replaces_the_prices(exchange, feed, on_bybit, btcusdt):
    feed.round()
    exchange.tickers["linear"][0] = ticker("BTCUSDT", "51000", "51001", "51000")
    exchange.ahead_seconds += 0.5
    feed.round()
    assert latest_quotes(on_bybit, now=NOW)[btcusdt.id].bid == 51000


def test_symbol_left_out_keeps_its_last_quote(exchange, feed, on_bybit, btcusdt):
    feed.round()
    exchange.tickers["linear"][0]["lastPrice"] = ""
    feed.round()
    assert latest_quotes(on_bybit, now=NOW)[btcusdt.id].last == Decimal("50000.1")


def test_instrument_of_another_source_is_not_fetched(exchange, feed, db):
    assert feed.round() == 4
    assert exchange.asked == []


def test_operators_switch_is_seen_by_the_next_round(exchange, feed, btcusdt):
    feed.round()
    Instrument.objects.filter(pk=btcusdt.pk).update(source="bybit")
    feed.round()
    assert LatestQuote.objects.get().instrument_id == btcusdt.id


def test_quote_of_another_source_is_not_shown(btcusdt, ada):
    keep_quotes({"elsewhere": [quote_of(btcusdt, 100, NOW)]})
    assert StoredQuotes("bybit").quotes([btcusdt], now=NOW) == {}


@pytest.mark.parametrize(("seconds", "kept"), [(-1, 100), (0, 100), (0.000001, 200)])
def test_newer_quote_is_never_overwritten_by_an_older(btcusdt, seconds, kept):
    at = NOW.replace(microsecond=0)
    keep_quotes({"bybit": [quote_of(btcusdt, 100, at)]})
    keep_quotes({"bybit": [quote_of(btcusdt, 200, at + timedelta(seconds=seconds))]})
    assert LatestQuote.objects.get().bid == kept


def test_statements_do_not_grow_with_instruments(exchange, feed, btcusdt):
    Instrument.objects.filter(pk=btcusdt.pk).update(source="bybit")
    with CaptureQueriesContext(connection) as one:
        feed.round()
    coins = [f"C{number}" for number in range(400)]
    names = [{"symbol": f"{coin}USDT", "base": coin, "source": "bybit"} for coin in coins]
    values = Instrument.objects.filter(pk=btcusdt.pk).values()[0]
    made = [Instrument(**{**values, "id": uuid.uuid4(), **name}) for name in names]
    want_prices([row.pk for row in Instrument.objects.bulk_create(made)], now=timezone.now())
    exchange.tickers["linear"] += [ticker(f"{coin}USDT") for coin in coins]
    with CaptureQueriesContext(connection) as many:
        feed.round()
    assert (len(one), len(many), LatestQuote.objects.count()) == (5, 5, 401)


def test_reading_quotes_opens_no_socket(exchange, feed, on_bybit, no_sockets, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert latest_quotes(on_bybit, now=NOW) == {}
    assert exchange.asked == []


def test_guard_against_sockets_would_see_one(exchange, feed, on_bybit, no_sockets):
    with pytest.raises(AssertionError, match="a socket was opened"):
        feed.round()


@pytest.mark.parametrize("change", [{"bid": 0}, {"last": 0}, {"bid": 3}])
def test_database_refuses_prices_that_cannot_be(btcusdt, change):
    keep_quotes({"bybit": [Quote(btcusdt.id, Decimal(1), Decimal(2), Decimal(1), NOW)]})
    with pytest.raises(IntegrityError), transaction.atomic():
        LatestQuote.objects.update(**change)


def test_state_of_a_source_says_its_age_and_breaker(exchange, feed, on_bybit, btcusdt):
    unknown = Instrument.objects.filter(symbol="BTC-FUT")
    unknown.update(source="bybit")
    feed.round()
    state = state_of_bybit(LatestQuote.objects.first().at + timedelta(seconds=3))
    assert (state.name, state.instruments, state.never_quoted) == ("bybit", 5, 1)
    assert (state.age_seconds, state.breaker) == (3, BreakerState.CLOSED)


def test_state_where_nothing_was_fetched(bybit, db, django_assert_num_queries):
    with django_assert_num_queries(1):
        state = state_of_bybit(NOW)
    assert (state.instruments, state.never_quoted, state.age_seconds, state.breaker) == (0, 0, None, None)


class Broken:
    """Rounds that work from the third on."""

    name = "broken"

    def __init__(self, error):
        self.error, self.count, self.worked, self.closed = error, 0, threading.Event(), False

    def round(self):
        self.count += 1
        if self.count < 3:
            raise self.error
        self.worked.set()
        return 1

    def close(self):
        self.closed = True


@pytest.mark.parametrize("error", [OperationalError("gone"), ValueError("a fault of ours")])
def test_rounds_survive_a_failed_one_and_stop_when_told(monkeypatch, error):
    monkeypatch.setattr("market.feed.FAILED_SECONDS", 0.01)
    broken, feed = Broken(error), PriceFeed(sources={})
    thread = threading.Thread(target=feed._run, args=[broken])
    thread.start()
    assert broken.worked.wait(60)
    feed.stop()
    thread.join(60)
    assert broken.closed


@pytest.mark.django_db(transaction=True)
def test_two_feeds_at_once_never_set_a_quote_back(exchange, two_feeds):
    looks = watched(exchange, requests=40)
    assert went_back(looks) == []
    assert len(looks[-1]) == 4
    assert len(exchange.asked) >= 40


@pytest.mark.django_db(transaction=True)
def test_feed_leaves_no_connection_open(exchange, feed, on_bybit):
    left = []

    def one_round():
        safe_round(feed._rounds[1])
        feed._rounds[1].close()
        left.append(connection.connection)

    thread = threading.Thread(target=one_round)
    thread.start()
    thread.join()
    assert (left, LatestQuote.objects.count()) == ([None], 4)


def test_outage_leaves_the_quotes_as_they_are(exchange, feed, on_bybit):
    feed.round()
    before = list(LatestQuote.objects.order_by("pk").values())
    exchange.fault = says("", 500)
    feed.round()
    assert list(LatestQuote.objects.order_by("pk").values()) == before
