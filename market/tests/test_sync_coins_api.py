"""POST /cryptocurrencies/sync."""

import pytest
from rest_framework.test import APIClient

from market.models import Coin
from market.tests.listing_server import CMC_V3, MARKETS, Says, cmc, cmc_says, gecko

SYNC = "/api/v1/cryptocurrencies/sync"

pytestmark = pytest.mark.django_db


def test_a_trader_has_the_listings_brought_up_to_date(client, listings):
    listings.put(MARKETS, Says([gecko(), {}]))
    answer = client.post(SYNC, {"limit": 10})
    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("synced_at").endswith("Z")
    assert told == {"provider": "coingecko", "received": 1, "written": 1, "skipped": 1, "failures": []}
    assert Coin.objects.get().symbol == "BTC"


@pytest.mark.parametrize("way", ["query", "body"])
def test_limit_and_provider_come_in_query_or_body(client, listings, way):
    listings.put(CMC_V3, cmc_says(cmc()))
    answer = (
        client.post(f"{SYNC}?limit=7&provider=coinmarketcap")
        if way == "query"
        else client.post(SYNC, {"limit": 7, "provider": "COINMARKETCAP"})
    )
    assert answer.json()["provider"] == "coinmarketcap"
    assert listings.asked[0].query["limit"] == "7"


def test_two_hundred_coins_where_no_limit_is_given(client, listings):
    listings.put(MARKETS, Says([gecko()]))
    client.post(SYNC)
    assert listings.asked[0].query["per_page"] == "200"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 251}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"provider": "nobody"}, "provider"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_junk_is_refused_and_nobody_asked(client, listings, body, name):
    answer = client.post(SYNC, body)
    assert answer.status_code == 422
    assert name in answer.json()["errors"]
    assert listings.asked == []


def test_a_service_that_the_desk_does_not_ask_is_refused(client, listings, settings):
    settings.LISTINGS_PROVIDERS = ["coingecko"]
    answer = client.post(SYNC, {"provider": "coinmarketcap"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["provider"])
    assert listings.asked == []


def test_where_all_fail_it_is_said_why_and_no_more(client, listings):
    listings.put(MARKETS, Says({"error": "SECRET-TEXT"}, 500))
    listings.put(CMC_V3, Says({"status": {"error_code": 1001, "error_message": "SECRET-TEXT"}}))
    answer = client.post(SYNC)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "LISTINGS_DOWN", "60")
    assert "CoinGecko: HTTP status 500; CoinMarketCap: error code 1001." in answer.json()["detail"]
    assert "SECRET-TEXT" not in answer.content.decode()
    assert not Coin.objects.exists()


def test_a_viewer_may_not(vic, listings):
    client = APIClient()
    client.force_authenticate(vic)
    assert client.post(SYNC).status_code == 403
    assert listings.asked == []


def test_nor_may_a_stranger(anonymous, listings):
    assert anonymous.post(SYNC).status_code == 401
    assert listings.asked == []


def test_it_has_a_limit_of_its_own(tom, client_of, listings, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "sync": [(1, 60)]}
    listings.put(MARKETS, Says([gecko()]))
    client = client_of(tom)
    assert client.post(SYNC).status_code == 200
    answer = client.post(SYNC)
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert int(answer["Retry-After"]) > 0
