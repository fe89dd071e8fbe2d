"""The platform's watchlist: one list for all, by any spelling of a symbol; what stands there is fetched."""

import pytest
from django.utils import timezone

from market.models import Instrument, WatchlistEntry
from market.services.watchlist import watch

pytestmark = pytest.mark.django_db
URL = "/api/v1/watchlist"


@pytest.fixture
def watched(btcusdt, ada):
    return watch(btcusdt, added_by=ada, now=timezone.now())


@pytest.mark.parametrize("spelling", ["BTCUSDT", "btc/usdt", "BINANCE:BTCUSDT.P"])
def test_an_instrument_is_added_under_any_spelling(client, tom, btcusdt, spelling):
    answer = client.post(URL, {"symbol": spelling})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["symbol"], body["category"], body["added_by"]) == ("BTCUSDT", "linear", "tom")
    assert body["instrument_id"] == str(btcusdt.pk)
    assert float(body["price"]) > 0


def test_the_list_shows_everybodys_with_prices_in_as_many_statements_for_one_as_for_many(
    client, watched, ada, django_assert_num_queries
):
    client.get(URL)
    with django_assert_num_queries(2):
        assert client.get(URL).json()["total"] == 1
    watch(Instrument.objects.get(symbol="EURUSD"), added_by=ada, now=timezone.now())
    with django_assert_num_queries(2):
        body = client.get(URL).json()
    assert {row["symbol"] for row in body["items"]} == {"BTCUSDT", "EURUSD"}


def test_whose_adder_is_gone_stays(client, watched):
    WatchlistEntry.objects.update(added_by=None)
    assert client.get(URL).json()["items"][0]["added_by"] is None


def test_one_without_a_price_is_shown_without(client, watched, btcusdt):
    type(btcusdt).objects.filter(pk=btcusdt.pk).update(source="bybit")
    assert client.get(URL).json()["items"][0]["price"] is None


def test_a_second_time_is_a_409(client, watched):
    answer = client.post(URL, {"symbol": "BTC-USDT"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_WATCHED")
    assert WatchlistEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"symbol": "NOSUCH"}, 404, "UNKNOWN_SYMBOL"),
        ({"symbol": ""}, 422, "INVALID"),
        ({}, 422, "INVALID"),
        ({"symbol": "BTCUSDT", "category": "weird"}, 422, "INVALID"),
        ({"symbol": "BTCUSDT", "more": 1}, 422, "INVALID"),
        ({"symbol": "BTCUSDT", "category": "option"}, 404, "UNKNOWN_SYMBOL"),
    ],
)
def test_what_is_no_market_is_refused_and_nothing_added(client, body, status, code):
    answer = client.post(URL, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not WatchlistEntry.objects.exists()


def test_deleting_takes_it_off_whoever_added_it(client, watched):
    assert client.delete(f"{URL}/btc/usdt").status_code == 204
    assert not WatchlistEntry.objects.exists()


def test_what_is_not_on_the_list_is_a_404(client, watched):
    assert client.delete(f"{URL}/ETHUSDT").status_code == 404
    assert WatchlistEntry.objects.count() == 1
