"""What a sync stores: of the first service that answers, a fixed number of statements, never older over newer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from conftest import NOW
from market.models import Coin, CoinSnapshot
from market.services.listings import Failure, ListingsDown, ListingsOff, delete_old_history, sync_listings
from market.tests.listing_server import CMC_V1, CMC_V3, MARKETS, Says, cmc, cmc_says, gecko, usd

pytestmark = pytest.mark.django_db

DOWN = Says({}, 500)


def sync(limit=50, *, at=NOW, **kwargs):
    return sync_listings(limit, clock=lambda: at, **kwargs)


def later(minutes):
    return NOW + timedelta(minutes=minutes)


def test_coins_and_what_they_cost_are_stored(listings):
    listings.put(MARKETS, Says([gecko(), gecko("ethereum", "eth", 2, current_price=4779.69), {}]))
    report = sync()
    assert (report.provider, report.received, report.written, report.skipped) == ("coingecko", 2, 2, 1)
    coin = Coin.objects.get(symbol="ETH")
    assert (coin.coingecko_id, coin.rank, coin.price, coin.provider, coin.synced_at) == (
        *("ethereum", 2, 4779.69, "coingecko", NOW),
    )
    assert [(row.at, row.price, row.provider) for row in coin.history.all()] == [(NOW, 4779.69, "coingecko")]


@pytest.mark.parametrize("price", [0.1 + 0.2, 1e-12, 123456789.123456, 5e-324])
def test_a_figure_keeps_every_digit(listings, price):
    listings.put(MARKETS, Says([gecko(current_price=price)]))
    sync()
    assert (Coin.objects.get().price, CoinSnapshot.objects.get().price) == (price, price)


def test_a_second_sync_brings_the_same_coins_up_to_date(listings):
    listings.put(MARKETS, Says([gecko()]), Says([gecko(current_price=70000, market_cap=None)]))
    sync()
    first = Coin.objects.get()
    sync(at=later(5))
    coin = Coin.objects.get()
    assert (coin.pk, coin.price, coin.market_cap, coin.synced_at) == (first.pk, 70000, None, later(5))
    assert coin.created_at == first.created_at
    assert [row.price for row in coin.history.order_by("at")] == [66317, 70000]


def test_words_about_a_coin_stay(listings):
    listings.put(MARKETS, Says([gecko()]))
    sync()
    Coin.objects.update(description="Gold", website="https://bitcoin.example", details_at=NOW)
    sync(at=later(5))
    coin = Coin.objects.get()
    assert (coin.description, coin.website, coin.details_at) == ("Gold", "https://bitcoin.example", NOW)


def test_the_second_service_is_asked_when_the_first_fails(listings):
    listings.put(MARKETS, DOWN)
    listings.put(CMC_V3, cmc_says(cmc()))
    report = sync()
    assert (report.provider, report.failures) == ("coinmarketcap", (Failure("coingecko", "HTTP status 500"),))
    assert Coin.objects.get().coinmarketcap_id == "1"


def test_and_not_when_it_does_not(listings):
    listings.put(MARKETS, Says([gecko()]))
    sync()
    assert listings.paths() == [MARKETS]


def test_the_order_is_a_setting(listings, settings):
    settings.LISTINGS_PROVIDERS = ["coinmarketcap", "coingecko"]
    listings.put(CMC_V1, cmc_says(cmc()))
    assert sync().provider == "coinmarketcap"


def test_a_service_that_was_named_is_the_only_one_asked(listings):
    listings.put(MARKETS, DOWN)
    with pytest.raises(ListingsDown, match="CoinGecko: HTTP status 500"):
        sync(provider="coingecko")
    assert set(listings.paths()) == {MARKETS}


def test_a_coin_has_the_ids_of_both_services_once_both_told_of_it(listings):
    listings.put(MARKETS, Says([gecko(), gecko("ripple", "xrp", 3)]), *[DOWN] * 3, Says([gecko("ripple", "xrp", 4)]))
    listings.put(CMC_V3, cmc_says(cmc(), cmc(52, "XRP", "xrp", 5, quote=[{"symbol": "USD", **usd()}])))
    sync()
    sync(at=later(5))
    ids = Coin.objects.order_by("symbol").values_list("symbol", "coingecko_id", "coinmarketcap_id", "slug")
    assert list(ids) == [("BTC", "bitcoin", "1", "bitcoin"), ("XRP", "ripple", "52", "ripple")]
    assert sync(at=later(10)).provider == "coingecko"
    assert Coin.objects.count() == 2


def test_what_only_one_service_tells_is_kept_and_what_ages_is_not(listings):
    listings.put(MARKETS, Says([gecko(high_24h=66572)]), DOWN)
    listings.put(CMC_V3, cmc_says(cmc()))
    sync()
    sync(at=later(5))
    coin = Coin.objects.get()
    assert (coin.ath, coin.image_url, coin.price) == (67277, "https://images.example/bitcoin.png", 66320.25)
    assert (coin.ath_at.year, coin.high_24h) == (2021, None)


def test_no_two_coins_have_one_rank(listings):
    listings.put(MARKETS, Says([gecko(), gecko("tether", "usdt", 2)]), Says([gecko(), gecko("solana", "sol", 2)]))
    sync()
    sync(at=later(5))
    assert dict(Coin.objects.values_list("symbol", "rank")) == {"BTC": 1, "SOL": 2, "USDT": None}


def test_an_older_sync_changes_nothing(listings):
    listings.put(MARKETS, Says([gecko(current_price=70000)]), Says([gecko(), gecko("ethereum", "eth", 2)]))
    sync(at=later(5))
    assert sync(at=NOW).written == 1
    assert dict(Coin.objects.values_list("symbol", "price")) == {"BTC": 70000, "ETH": 66317}
    assert Coin.objects.get(symbol="BTC").history.count() == 1


def test_nor_does_the_same_moment_again(listings):
    listings.put(MARKETS, Says([gecko()]))
    sync()
    assert sync().written == 0
    assert CoinSnapshot.objects.count() == 1


def test_the_number_of_statements_does_not_grow(listings):
    many = [gecko(f"coin-{number}", f"c{number}", number) for number in range(1, 251)]
    listings.put(MARKETS, Says(many[:1]), Says(many), Says(many))
    with CaptureQueriesContext(connection) as for_one:
        sync(250)
    with CaptureQueriesContext(connection) as for_many:
        sync(250, at=later(5))
    assert len(for_many) == len(for_one) <= 8
    assert sync(250, at=later(10)).written == 250


def test_where_all_fail_the_data_stays(listings):
    listings.put(MARKETS, Says([gecko()]), DOWN)
    listings.put(CMC_V3, DOWN)
    sync()
    with pytest.raises(ListingsDown) as down:
        sync(at=later(5))
    assert (down.value.code, down.value.status) == ("LISTINGS_DOWN", 503)
    assert [each.provider for each in down.value.failures] == ["coingecko", "coinmarketcap"]
    assert Coin.objects.annotate(told=Count("history")).values_list("synced_at", "told").get() == (NOW, 1)


@pytest.mark.parametrize("provider", [None, "coingecko"])
def test_a_desk_that_asks_no_service_refuses(settings, provider):
    settings.LISTINGS_PROVIDERS = []
    with pytest.raises(ListingsOff):
        sync(provider=provider)


def test_no_key_is_logged_or_told(listings, caplog):
    caplog.set_level("DEBUG")
    listings.put(MARKETS, DOWN)
    listings.put(CMC_V3, Says({}, 401))
    with pytest.raises(ListingsDown) as down:
        sync()
    told = f"{caplog.text}{down.value.message}"
    assert "Gecko-key" not in told
    assert "Cap-key" not in told


def test_history_goes_after_a_year(listings):
    listings.put(MARKETS, Says([gecko()]))
    sync(at=NOW - timedelta(days=366))
    sync(at=NOW - timedelta(days=364))
    assert delete_old_history(now=NOW) == 1
    assert CoinSnapshot.objects.get().at == NOW - timedelta(days=364)
