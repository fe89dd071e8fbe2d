"""What the worker does with the listings by the clock, and how quietly it fails."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from market.listings import tasks
from market.models import Coin, CoinSnapshot
from market.tests.listing_server import MARKETS, Says, gecko

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_outage_yet(monkeypatch):
    monkeypatch.setattr(tasks, "_outage", tasks._Outage())


def warnings(caplog):
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_the_largest_are_brought_up_to_date(listings):
    listings.put(MARKETS, Says([gecko()]))
    tasks.sync(limit=50)
    assert Coin.objects.get().symbol == "BTC"
    assert listings.asked[0].query["per_page"] == "50"


@pytest.mark.parametrize(("limit", "asked"), [(0, "1"), (-5, "1"), (1000, "250")])
def test_a_limit_that_an_operator_set_too_wide_is_the_nearest(listings, limit, asked):
    listings.put(MARKETS, Says([gecko()]))
    tasks.sync(limit=limit)
    assert listings.asked[0].query["per_page"] == asked


def test_without_services_nobody_is_asked_and_nothing_is_said(listings, settings, caplog):
    settings.LISTINGS_PROVIDERS = []
    tasks.sync(limit=50)
    assert (listings.asked, warnings(caplog)) == ([], [])


def test_an_outage_is_said_once_and_its_end(listings, caplog, seconds):
    listings.put(MARKETS, Says({}, 422), Says({}, 422), Says([gecko()]))
    tasks.sync(limit=50)
    tasks.sync(limit=50)
    tasks.sync(limit=50)
    first, last = warnings(caplog)
    assert first.startswith("No listing could be had. CoinGecko: HTTP status 422")
    assert last == "the coin listings are brought up to date again"


def test_old_history_is_forgotten(listings, monkeypatch):
    monkeypatch.setattr("market.services.listings.MOST_DELETED", 1)
    monkeypatch.setattr(tasks, "MOST_DELETED", 1)
    listings.put(MARKETS, Says([gecko(), gecko("ethereum", "eth", 2)]))
    tasks.sync(limit=50)
    CoinSnapshot.objects.update(at=timezone.now() - timedelta(days=366))
    tasks.sync(limit=50)
    tasks.forget_history()
    assert CoinSnapshot.objects.count() == 2


def test_words_are_fetched(listings):
    listings.put(MARKETS, Says([gecko()]))
    listings.put("/coins/bitcoin", Says({"id": "bitcoin", "description": {"en": "Gold"}}))
    tasks.sync(limit=50)
    tasks.fetch_words(most=5)
    assert Coin.objects.get().description == "Gold"
