"""An operator has the listings brought up to date, and follows a coin to what it cost before."""

import pytest
from django.test import Client
from django.urls import reverse

from conftest import NOW
from market.models import Coin, CoinSnapshot
from market.tests.listing_server import MARKETS, Says, gecko

pytestmark = pytest.mark.django_db


def sync(operator, limit):
    address = reverse("admin:market_coin_sync_now")
    return operator.post(address, {"_form_submitted": "True", "limit": limit}, follow=True).content.decode()


def test_the_page_asks_how_many_before_anything_is_asked(operator, listings):
    assert 'name="limit"' in operator.get(reverse("admin:market_coin_sync_now")).content.decode()
    assert listings.asked == []


def test_an_operator_has_the_listings_synced(operator, listings):
    listings.put(MARKETS, Says([gecko(), {}]))
    assert "coingecko: 1 coins written, 1 rows skipped." in sync(operator, 7)
    assert listings.asked[0].query["per_page"] == "7"
    assert Coin.objects.get().symbol == "BTC"


def test_an_outage_is_said_on_the_page(operator, listings):
    listings.put(MARKETS, Says({}, 422))
    assert "CoinGecko: HTTP status 422" in sync(operator, 7)
    assert not Coin.objects.exists()


def test_a_dialog_is_left_for_the_list(operator, listings):
    listings.put(MARKETS, Says([gecko()]))
    form = {"_form_submitted": "True", "limit": 7}
    answer = operator.post(reverse("admin:market_coin_sync_now"), form, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("admin:market_coin_changelist")


@pytest.mark.parametrize("limit", [0, 251, "x", ""])
def test_a_number_that_cannot_be_asked_for_is_refused(operator, listings, limit):
    assert 'name="limit"' in sync(operator, limit)
    assert listings.asked == []


def test_a_trader_is_not_let_in(tom, listings):
    trader = Client()
    trader.force_login(tom)
    sync(trader, 7)
    assert listings.asked == []


def test_a_coins_page_leads_to_its_history(operator, make_coin):
    coin = make_coin("BTC", 1, website="https://b.example")
    CoinSnapshot.objects.create(coin=coin, at=NOW, price=66317.5, provider="coingecko")
    CoinSnapshot.objects.create(coin=make_coin("ETH", 2), at=NOW, price=4779.25, provider="coingecko")
    page = operator.get(reverse("admin:market_coin_change", args=[coin.pk])).content.decode()
    address = f"{reverse('admin:market_coinsnapshot_changelist')}?coin__id__exact={coin.pk}"
    assert f'href="{address}"' in page
    history = operator.get(address).content.decode()
    assert "66317.5" in history
    assert "4779.25" not in history
