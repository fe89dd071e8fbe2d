"""Which stored coin a listed one is, where the two services call it by names of their own."""

import pytest

from market.listings.base import ListedCoin
from market.listings.joining import join
from market.models import Coin


def listed(own_id, symbol, slug, rank):
    return ListedCoin(provider_id=own_id, symbol=symbol, name=slug, slug=slug, rank=rank, price=1.0)


def stored(symbol, slug, rank, **ids):
    return Coin(symbol=symbol, slug=slug, rank=rank, **{"coingecko_id": slug, **ids})


def joined(coins, known):
    """Join what CoinMarketCap lists to what is stored; slugs of the stored by ids of the listed."""
    return {own_id: coin.slug for own_id, coin in join(coins, known, id_field="coinmarketcap_id").items()}


def test_a_coin_is_known_by_the_services_own_id():
    coin = stored("BTC", "bitcoin", 1, coinmarketcap_id="1")
    assert joined([listed("1", "XBT", "other", 90)], [coin]) == {"1": "bitcoin"}


def test_before_that_by_its_slug():
    assert joined([listed("1", "BTC", "bitcoin", 9)], [stored("XBT", "bitcoin", 1)]) == {"1": "bitcoin"}


@pytest.mark.parametrize(("here", "there"), [(3, 8), (100, 110), (110, 100)])
def test_else_by_symbol_and_near_rank(here, there):
    assert joined([listed("52", "XRP", "xrp", there)], [stored("XRP", "ripple", here)]) == {"52": "ripple"}


@pytest.mark.parametrize(("here", "there"), [(3, 9), (100, 111), (3, None), (None, 3), (None, None)])
def test_never_by_symbol_alone(here, there):
    assert joined([listed("52", "XRP", "xrp", there)], [stored("XRP", "ripple", here)]) == {}


def test_never_by_rank_alone():
    assert joined([listed("52", "XRP", "xrp", 3)], [stored("BNB", "binancecoin", 3)]) == {}


def test_a_coin_that_another_id_has_is_not_taken():
    assert joined([listed("52", "XRP", "ripple", 3)], [stored("XRP", "ripple", 3, coinmarketcap_id="9")]) == {}


def test_where_two_could_be_meant_it_is_neither():
    known = [stored("SUN", "sun-token", 100), stored("SUN", "sun", 101, coingecko_id="sun-2")]
    assert joined([listed("7", "SUN", "sun-tron", 100)], known) == {}


def test_two_listed_coins_do_not_share_a_stored_one():
    coins = [listed("7", "SUN", "sun-tron", 100), listed("8", "SUN", "sun-io", 102)]
    assert joined(coins, [stored("SUN", "sun-token", 101)]) == {}


def test_a_slug_goes_before_a_symbol():
    known = [stored("XRP", "ripple", 3), stored("XRP", "xrp-classic", 4)]
    coins = [listed("52", "XRP", "ripple", 3), listed("99", "XRP", "classic", 5)]
    assert joined(coins, known) == {"52": "ripple", "99": "xrp-classic"}
