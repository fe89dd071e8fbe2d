"""A market that nobody watches has a price too: who looks has it fetched, once for all who look."""

import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conftest import NOW
from market.models import Instrument, LatestQuote
from market.services import quotes as service
from market.services.quotes import CategoryFetches, fresh_quotes, keep_quotes
from market.sources import NETWORK
from market.sources.base import Quote
from market.tests.bybit_server import says

TICKER, PRICE = "/api/v1/market/ticker/BTCUSDT", "/api/v1/market/price?symbol=BTCUSDT"
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_asked_yet(monkeypatch):
    monkeypatch.setattr(service, "_fetches", service._Fetches())


def quote_of(row, *, age_seconds=0, price="100", now=NOW):
    last = Decimal(price)
    return Quote(row.id, last, last, last, now - timedelta(seconds=age_seconds))


@pytest.fixture
def bitcoin(db, bybit):
    Instrument.objects.filter(symbol="BTCUSDT").update(source="bybit")
    return Instrument.objects.get(symbol="BTCUSDT")


def kept(row, **told):
    keep_quotes({"bybit": [quote_of(row, now=timezone.now(), **told)]})


@pytest.fixture
def client(tom):
    client = APIClient()
    client.force_authenticate(tom)
    return client


@committed
@pytest.mark.parametrize("path", [TICKER, PRICE])
def test_price_that_was_never_kept_is_fetched_and_kept(exchange, bitcoin, client, path):
    body = client.get(path).json()
    assert (body["price"], body["stale"]) == ("50000.1", False)
    assert exchange.asked == [{"category": ["linear"], "symbol": ["BTCUSDT"]}]
    assert LatestQuote.objects.get(instrument=bitcoin).last == Decimal("50000.1")


@committed
def test_price_that_is_old_is_fetched(exchange, bitcoin):
    kept(bitcoin, age_seconds=3)
    assert fresh_quotes([bitcoin], clock=timezone.now)[bitcoin.id].last == Decimal("50000.1")


@committed
def test_price_of_the_last_rounds_is_not_fetched(exchange, bitcoin):
    kept(bitcoin, age_seconds=1)
    assert fresh_quotes([bitcoin], clock=timezone.now)[bitcoin.id].last == 100
    assert exchange.asked == []


@committed
def test_while_the_exchange_is_down_the_last_price_is_shown_as_stale(exchange, bitcoin, client):
    kept(bitcoin, age_seconds=60)
    exchange.fault = says("<html>")
    body = client.get(TICKER).json()
    assert (body["price"], body["stale"]) == ("100", True)
    assert 60 <= body["age_seconds"] < 65


@committed
def test_while_the_exchange_is_down_what_was_never_kept_has_no_price(exchange, bitcoin, client):
    exchange.fault = says("", 500)
    answer = client.get(TICKER)
    assert (answer.status_code, answer.json()["code"]) == (503, "NO_QUOTE")


@committed
def test_a_market_without_a_price_is_asked_for_once_in_two_rounds(exchange, bitcoin):
    exchange.tickers["linear"] = []
    fresh_quotes([bitcoin], clock=timezone.now)
    fresh_quotes([bitcoin], clock=timezone.now)
    assert len(exchange.asked) == 1


@pytest.mark.django_db
def test_nothing_is_fetched_within_a_transaction(exchange, bitcoin):
    kept(bitcoin, age_seconds=60)
    assert fresh_quotes([bitcoin], clock=timezone.now)[bitcoin.id].last == 100
    assert exchange.asked == []


@committed
def test_a_synthetic_market_asks_nobody(exchange, client):
    assert client.get(TICKER).json()["stale"] is False
    assert exchange.asked == []


class SlowSource:
    """Answers when a test lets it, and remembers what was asked for together."""

    def __init__(self) -> None:
        self.asked, self.may_answer, self.began = [], threading.Event(), threading.Event()

    def fetch(self, instruments, *, clock):
        self.asked.append(sorted(row.symbol for row in instruments))
        self.began.set()
        self.may_answer.wait(60)
        return [quote_of(row) for row in instruments]


@pytest.fixture
def slow(monkeypatch):
    source = SlowSource()
    monkeypatch.setitem(NETWORK, "slow", source)
    monkeypatch.setattr(service, "keep_quotes", lambda quotes: None)
    return source


def row(symbol):
    return Instrument(symbol=symbol)


def started(fetches, *rows):
    thread = threading.Thread(target=fetches.fetch, args=(rows,), kwargs={"clock": lambda: NOW}, daemon=True)
    thread.start()
    return thread


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def test_who_comes_while_a_fetch_is_under_way_shares_it_or_the_next(slow, seconds):
    fetches, bitcoin = CategoryFetches("slow", monotonic=seconds), row("BTC")
    first = started(fetches, bitcoin)
    assert slow.began.wait(60)
    others = [started(fetches, bitcoin), started(fetches, row("ETH")), started(fetches, row("SOL"))]
    wait_until(lambda: len(fetches._pending) == 2)
    slow.may_answer.set()
    [thread.join(60) for thread in (first, *others)]
    assert slow.asked == [["BTC"], ["ETH", "SOL"]]


def test_who_waits_returns_after_the_fetch_that_holds_its_own(slow, seconds):
    fetches, bitcoin = CategoryFetches("slow", monotonic=seconds), row("BTC")
    started(fetches, bitcoin)
    assert slow.began.wait(60)
    waiting = started(fetches, bitcoin)
    waiting.join(0.1)
    assert waiting.is_alive()
    slow.may_answer.set()
    waiting.join(60)
    assert not waiting.is_alive()


def test_after_two_rounds_it_is_asked_for_again(slow, seconds):
    fetches, bitcoin = CategoryFetches("slow", monotonic=seconds), row("BTC")
    slow.may_answer.set()
    fetches.fetch([bitcoin], clock=lambda: NOW)
    seconds.now += 2
    fetches.fetch([bitcoin], clock=lambda: NOW)
    assert len(slow.asked) == 2
