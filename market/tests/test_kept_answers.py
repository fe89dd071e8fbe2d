"""Answers about coins are kept, and found no more once a sync has changed what they say."""

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as LineIsBroken

from market.listings import answers
from market.models import Coin
from market.services.listings import sync_listings
from market.tests.listing_server import MARKETS, Says, gecko

LIST = "/api/v1/cryptocurrencies"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_memory(monkeypatch):
    monkeypatch.setattr(answers, "_memory", answers._SharedMemory())


@pytest.mark.parametrize("address", [LIST, f"{LIST}/BTC", f"{LIST}/BTC/history", f"{LIST}/top/new"])
def test_the_second_answer_is_the_first_one_and_costs_no_query(
    anonymous, make_coin, address, django_assert_num_queries
):
    make_coin("BTC", 1)
    first = anonymous.get(address)
    with django_assert_num_queries(0):
        second = anonymous.get(address)
    assert (second.status_code, second.content) == (200, first.content)
    assert (second["Content-Type"], second["Vary"]) == (first["Content-Type"], first["Vary"])


def test_another_query_is_another_answer(anonymous, make_coin):
    make_coin("BTC", 1)
    make_coin("ETH", 2)
    anonymous.get(LIST, {"limit": 1})
    assert anonymous.get(LIST, {"limit": 1, "offset": 1}).json()["items"][0]["symbol"] == "ETH"


def test_another_form_is_made_anew(anonymous, make_coin):
    make_coin("BTC", 1)
    anonymous.get(f"{LIST}/BTC")
    answer = anonymous.get(f"{LIST}/BTC", HTTP_ACCEPT="application/vnd.envelope+json")
    assert answer.json()["data"]["symbol"] == "BTC"
    assert anonymous.get(f"{LIST}/BTC").json()["symbol"] == "BTC"


def test_a_sync_drops_them_once_it_is_committed(anonymous, listings, make_coin, django_capture_on_commit_callbacks):
    make_coin("BTC", 1, slug="bitcoin", coingecko_id="bitcoin", price=5)
    listings.put(MARKETS, Says([gecko()]))
    anonymous.get(f"{LIST}/BTC")
    with django_capture_on_commit_callbacks(execute=True):
        sync_listings(1, clock=lambda: Coin.objects.get().synced_at.replace(year=2027))
        assert anonymous.get(f"{LIST}/BTC").json()["price"] == "5"
    assert anonymous.get(f"{LIST}/BTC").json()["price"] == "66317"


def test_an_answer_that_was_read_before_a_sync_is_not_kept_after_it(anonymous, make_coin):
    coin = make_coin("BTC", 1, price=5)
    place = answers.find_answer(f"{LIST}/BTC")
    Coin.objects.filter(pk=coin.pk).update(price=6)
    answers.drop_answers()
    answers.keep_answer(place, b'{"price": "5"}')
    assert anonymous.get(f"{LIST}/BTC").json()["price"] == "6"


def test_a_refusal_is_not_kept(anonymous, make_coin):
    assert anonymous.get(f"{LIST}/BTC").status_code == 404
    make_coin("BTC", 1)
    assert anonymous.get(f"{LIST}/BTC").status_code == 200


def broken(*_, **__):
    raise LineIsBroken("Connection refused")


def test_without_a_cache_coins_are_read_from_the_database(anonymous, make_coin, monkeypatch, caplog):
    make_coin("BTC", 1)
    monkeypatch.setattr(cache, "get_many", broken)
    monkeypatch.setattr(cache, "set", broken)
    assert anonymous.get(f"{LIST}/BTC").status_code == 200
    assert anonymous.get(LIST).status_code == 200
    answers.drop_answers()
    assert caplog.text.count("the cache does not answer") == 1


def test_a_cache_that_breaks_in_between_is_no_fault_either(anonymous, make_coin, monkeypatch):
    make_coin("BTC", 1)
    monkeypatch.setattr(cache, "set", broken)
    assert anonymous.get(f"{LIST}/BTC").status_code == 200
