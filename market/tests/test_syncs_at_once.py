"""Two syncs at the same time: one after the other where they store, so that no coin is there twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from market.models import Coin, CoinSnapshot
from market.services.listings import sync_listings
from market.tests.listing_server import CMC_V3, MARKETS, Says, cmc, cmc_says, gecko

MANY = range(1, 101)


@pytest.mark.django_db(transaction=True)
def test_two_services_that_tell_of_the_same_coins_at_once_make_them_once(listings):
    listings.put(MARKETS, Says([gecko(f"coin-{n}", f"c{n}", n) for n in MANY]))
    listings.put(CMC_V3, cmc_says(*[cmc(n, f"C{n}", f"coin-{n}", n) for n in MANY]))
    together = threading.Barrier(2)

    def clock():
        together.wait(timeout=60)  # both have their answer, neither has stored it
        return timezone.now()

    def sync(provider):
        try:
            return sync_listings(100, provider=provider, clock=clock)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(sync, ["coingecko", "coinmarketcap"]))
    assert Coin.objects.count() == len(MANY)
    assert CoinSnapshot.objects.count() == sum(report.written for report in reports)
