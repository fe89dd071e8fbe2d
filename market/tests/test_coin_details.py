"""Words about coins: asked for a few at a time, the largest first, again after a month."""

from datetime import timedelta

import pytest

from conftest import NOW
from market.models import Coin
from market.services.coin_details import fetch_details
from market.tests.listing_server import Says

pytestmark = pytest.mark.django_db


def make(slug, rank, **figures):
    ids = {"coingecko_id": slug, **figures}
    return Coin.objects.create(
        symbol=slug.upper(), name=slug, slug=slug, provider="coingecko", rank=rank, synced_at=NOW, **ids
    )


def tells(listings, slug, description="Words"):
    links = {"homepage": [f"https://{slug}.example"]}
    listings.put(f"/coins/{slug}", Says({"id": slug, "description": {"en": description}, "links": links}))


def fetch(most=5):
    return fetch_details(most, clock=lambda: NOW)


def described():
    return dict(Coin.objects.exclude(details_at=None).order_by("rank").values_list("slug", "description"))


def test_the_largest_coins_come_first(listings):
    make("b", 2)
    make("c", None)
    make("a", 1)
    tells(listings, "a")
    tells(listings, "b")
    assert fetch(2) == 2
    assert listings.paths() == ["/coins/a", "/coins/b"]
    assert Coin.objects.get(slug="a").website == "https://a.example"


def test_a_coin_is_asked_about_again_after_a_month(listings):
    make("old", 2, details_at=NOW - timedelta(days=31), description="Before")
    make("young", 1, details_at=NOW - timedelta(days=29), description="Before")
    tells(listings, "old", "After")
    assert fetch() == 1
    assert described() == {"young": "Before", "old": "After"}


def test_an_outage_ends_the_turn_and_what_was_told_stays(listings):
    make("a", 1)
    make("b", 2)
    make("c", 3)
    tells(listings, "a")
    listings.put("/coins/b", Says({}, 500))
    assert fetch() == 1
    assert described() == {"a": "Words"}
    assert "/coins/c" not in listings.paths()


def test_a_coin_that_the_service_does_not_know_is_passed_over_for_a_month(listings):
    make("a", 1, description="Before")
    make("b", 2)
    tells(listings, "b")
    assert fetch() == 2
    assert described() == {"a": "Before", "b": "Words"}


def test_another_refusal_ends_the_turn(listings):
    make("a", 1)
    listings.put("/coins/a", Says({}, 401))
    assert fetch() == 0
    assert described() == {}


def test_a_coin_that_only_another_service_knows_is_not_asked_about(listings):
    make("a", 1, coingecko_id=None, coinmarketcap_id="5")
    assert fetch() == 0
    assert listings.asked == []


def test_without_a_service_that_has_words_nobody_is_asked(listings, settings):
    settings.LISTINGS_PROVIDERS = ["coinmarketcap"]
    make("a", 1)
    assert fetch() == 0
    assert listings.asked == []


def test_a_turn_reads_and_writes_once_each(listings, django_assert_num_queries):
    make("a", 1)
    make("b", 2)
    tells(listings, "a")
    tells(listings, "b")
    with django_assert_num_queries(4):  # with the two ends of a savepoint
        fetch()
