"""Who asks in the tests of the market's API, a Bybit and listing services of the tests' own."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from conftest import NOW
from core.breaker import Breaker
from market import sources
from market.listings import PROVIDERS, WITH_DETAILS
from market.listings.answers import drop_answers
from market.listings.asking import Asker
from market.listings.coingecko import CoinGecko
from market.listings.coinmarketcap import CoinMarketCap
from market.models import Coin, Instrument
from market.services.interest import want_prices
from market.sources.bybit import BybitCategory, BybitSource
from market.sources.bybit_tickers import CATEGORIES
from market.sources.http import JsonClient
from market.sources.patient import PatientReader
from market.tests.bybit_server import HANGING, serving
from market.tests.listing_server import serving_listings
from market.tests.venue_server import playing


@pytest.fixture
def client(tom):
    client = APIClient()
    client.force_authenticate(tom)
    return client


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def exchange(settings):
    """A local server that plays Bybit, in place of the real one."""
    with serving() as server:
        settings.EXCHANGE_URLS = {"bybit": server.url}
        yield server


@pytest.fixture
def patient_client(request):
    """Make a client that waits for any machine, but not for long where the server of the test never answers."""
    given = request.node.callspec.params.values() if hasattr(request.node, "callspec") else ()
    deadline_seconds = 2 if any(value in HANGING for value in given) else 60
    return lambda: JsonClient(read_seconds=deadline_seconds, deadline_seconds=deadline_seconds)


@pytest.fixture
def bybit(monkeypatch, seconds, patient_client):
    """The source of this test alone: breakers on a clock of the test's."""
    source = BybitSource(
        [BybitCategory(name, client=patient_client(), breaker=Breaker(name, monotonic=seconds)) for name in CATEGORIES]
    )
    monkeypatch.setitem(sources.NETWORK, "bybit", source)
    return source


@pytest.fixture
def on_bybit(db):
    """The four perpetuals, their prices taken from Bybit."""
    Instrument.objects.filter(venue="bybit").update(source="bybit")
    return list(Instrument.objects.filter(venue="bybit").in_order())


@pytest.fixture
def wanted(db):
    """Somebody looks at every perpetual."""
    want_prices(Instrument.objects.filter(venue="bybit").values_list("pk", flat=True), now=timezone.now())


@pytest.fixture
def venue(settings):
    """A local server that plays whichever venue, in place of the real ones."""
    with playing() as server:
        settings.EXCHANGE_URLS = dict.fromkeys(("bybit", "binance", "binanceusdm"), server.url)
        yield server


@pytest.fixture
def pauses():
    """How long a reader of the test's waited: it does not."""
    return []


@pytest.fixture
def reader(pauses, seconds, patient_client):
    return PatientReader(
        "venue",
        make_client=patient_client,
        sleep=pauses.append,
        monotonic=seconds,
        seed=7,
    )


@pytest.fixture
def listings(settings, monkeypatch, seconds):
    """A local server that plays both listing services; the desk has a key of each. Pauses take no time."""

    def sleep(pause):
        seconds.now += pause

    with serving_listings() as server:
        settings.COINGECKO_URL = settings.COINMARKETCAP_URL = server.url
        settings.LISTINGS_PROVIDERS = ["coingecko", "coinmarketcap"]
        settings.COINGECKO_API_KEY, settings.COINMARKETCAP_API_KEY = "Gecko-key", "Cap-key"
        for name, provider in (("coingecko", CoinGecko), ("coinmarketcap", CoinMarketCap)):
            made = provider(asker=Asker(provider.title, monotonic=seconds, sleep=sleep))
            monkeypatch.setitem(PROVIDERS, name, made)
        monkeypatch.setitem(WITH_DETAILS, "coingecko", PROVIDERS["coingecko"])
        yield server


@pytest.fixture
def make_coin(db):
    """Make a coin that was told of at NOW: `make_coin("BTC", 1, price=66317.1)`. No answer is kept from before."""
    drop_answers()

    def make(symbol, rank=None, **figures):
        named = {"name": f"{symbol} Coin", "slug": f"{symbol.lower()}-coin", **figures}
        of_provider = {"coingecko_id": named["slug"], "provider": "coingecko", "synced_at": NOW}
        return Coin.objects.create(symbol=symbol, rank=rank, **{**of_provider, **named})

    return make
