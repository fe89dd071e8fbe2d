"""Quotes come from each instrument's own source; an old one fills nothing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from market.models import Instrument
from market.quotes import Quote, is_stale, latest_quotes
from market.sources import CATALOGUE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@dataclass
class FixedSource:
    """Quotes everything at 100, except what it is told to leave out; remembers what it was asked."""

    without: str = ""
    asked: list[list[str]] = field(default_factory=list)

    def quotes(self, instruments, *, now):
        self.asked.append(sorted(instrument.symbol for instrument in instruments))
        return {row.id: quote_of(row, at=now) for row in instruments if row.symbol != self.without}


def quote_of(instrument: Instrument, *, at: datetime) -> Quote:
    return Quote(instrument_id=instrument.id, bid=Decimal(99), ask=Decimal(101), last=Decimal(100), at=at)


@pytest.fixture
def bitcoin():
    return Instrument.objects.get(symbol="BTCUSDT")


@pytest.fixture
def ether():
    return Instrument.objects.get(symbol="ETHUSDT")


def test_each_source_is_asked_once_for_its_own(monkeypatch, bitcoin, ether):
    euro = Instrument.objects.get(symbol="EURUSD")
    bitcoin.source = ether.source = "fixed"
    source = FixedSource()
    monkeypatch.setitem(CATALOGUE, "fixed", source)
    quotes = latest_quotes([bitcoin, euro, ether], now=NOW)
    assert source.asked == [["BTCUSDT", "ETHUSDT"]]
    assert quotes.keys() == {bitcoin.id, ether.id, euro.id}
    assert quotes[bitcoin.id].last == 100


def test_instrument_without_a_quote_is_absent(monkeypatch, bitcoin, ether):
    monkeypatch.setitem(CATALOGUE, "synthetic", FixedSource(without="ETHUSDT"))
    assert latest_quotes([bitcoin, ether], now=NOW).keys() == {bitcoin.id}


def test_instrument_of_an_unknown_source_is_absent(bitcoin, ether):
    bitcoin.source = "nowhere"
    assert latest_quotes([bitcoin, ether], now=NOW).keys() == {ether.id}


def test_registered_source_answers(monkeypatch, bitcoin):
    monkeypatch.setitem(CATALOGUE, "another", FixedSource())
    bitcoin.source = "another"
    assert latest_quotes([bitcoin], now=NOW)[bitcoin.id].mid == 100


def test_quotes_ask_the_database_nothing(bitcoin, ether, django_assert_num_queries):
    with django_assert_num_queries(0):
        latest_quotes([bitcoin, ether], now=NOW)


@pytest.mark.parametrize(
    ("age_seconds", "stale"), [(0, False), (10, False), (10.001, True), (3600, True), (-10, False), (-10.001, True)]
)
def test_quote_is_stale_past_the_instruments_limit(bitcoin, age_seconds, stale):
    quote = quote_of(bitcoin, at=NOW - timedelta(seconds=age_seconds))
    assert is_stale(quote, bitcoin, now=NOW) is stale
