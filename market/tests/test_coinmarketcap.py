"""CoinMarketCap over a real socket: both shapes of its answers, errors inside status 200, no key no request."""

import pytest

from market.listings import PROVIDERS
from market.sources.base import SourceBusy, SourceDown, SourceRefused
from market.tests.listing_server import CMC_V1, CMC_V3, Says, cmc, cmc_says, usd

AS_LIST = [{"id": 1, "symbol": "EUR", **usd(price=1)}, {"id": 2781, "symbol": "USD", **usd()}]


def top(limit=10):
    return PROVIDERS["coinmarketcap"].top(limit)


@pytest.mark.parametrize("quote", [{"EUR": usd(price=1), "USD": usd()}, AS_LIST], ids=["v1", "v3"])
@pytest.mark.parametrize("code", [0, "0"])
def test_both_shapes_say_the_same(listings, quote, code):
    listings.put(CMC_V3, cmc_says(cmc(quote=quote), code=code))
    [coin] = top().coins
    assert (coin.provider_id, coin.symbol, coin.slug, coin.rank) == ("1", "BTC", "bitcoin", 1)
    assert (coin.price, coin.change_24h_percent, coin.change_1h_percent, coin.ath) == (66320.25, 1.5, None, None)


def test_the_key_and_the_number_are_sent(listings):
    listings.put(CMC_V3, cmc_says(cmc()))
    top(200)
    [asked] = listings.asked
    assert asked.headers["X-CMC_PRO_API_KEY"] == "Cap-key"
    assert asked.query == {"start": "1", "limit": "200", "convert": "USD"}


def test_without_a_key_nothing_is_asked(listings, settings):
    settings.COINMARKETCAP_API_KEY = ""
    with pytest.raises(SourceDown, match="COINMARKETCAP_API_KEY"):
        top()
    assert listings.asked == []


def test_a_server_without_v3_is_asked_for_v1(listings):
    listings.put(CMC_V1, cmc_says(cmc()))
    assert len(top().coins) == 1
    assert listings.paths() == [CMC_V3, CMC_V1]


def test_another_refusal_of_v3_is_one(listings):
    listings.put(CMC_V3, Says({"status": {"error_code": 1001}}, 401))
    listings.put(CMC_V1, cmc_says(cmc()))
    with pytest.raises(SourceRefused, match="401"):
        top()
    assert listings.paths() == [CMC_V3]


@pytest.mark.parametrize("code", [500, "400", 1001, -1, None, True, "SECRET-TEXT", 10**30])
def test_an_error_inside_an_answer_is_an_outage(listings, code):
    listings.put(CMC_V3, cmc_says(cmc(), code=code, error_message="SECRET-TEXT"))
    with pytest.raises(SourceDown) as down:
        top()
    assert "SECRET-TEXT" not in str(down.value)


@pytest.mark.parametrize("status", [None, [], {}, "0"])
def test_an_answer_that_does_not_say_that_it_is_one_is_an_outage(listings, status):
    listings.put(CMC_V3, Says({"status": status, "data": [cmc()]}))
    with pytest.raises(SourceDown):
        top()


@pytest.mark.parametrize(("code", "wait_seconds"), [(1008, 60), ("1009", 3600), (1010, 3600), (1011, 60)])
def test_too_many_requests_are_told_from_an_outage(listings, code, wait_seconds):
    listings.put(CMC_V3, cmc_says(code=code))
    with pytest.raises(SourceBusy) as busy:
        top()
    assert busy.value.wait_seconds == wait_seconds


@pytest.mark.parametrize(
    "odd",
    [
        {"id": None},
        {"id": "1"},
        {"id": 0},
        {"slug": None},
        {"quote": None},
        {"quote": {}},
        {"quote": {"EUR": usd()}},
        {"quote": {"USD": None}},
        {"quote": [None, {"symbol": "EUR"}]},
        {"quote": {"USD": usd(price=None)}},
        {"quote": {"USD": usd(price="66320.25")}},
        {"cmc_rank": 1.5},
    ],
    ids=str,
)
def test_an_unsound_row_is_skipped_alone(listings, odd):
    listings.put(CMC_V3, cmc_says(cmc() | odd, cmc(1027, "ETH", "ethereum", 2)))
    listed = top()
    assert ([coin.symbol for coin in listed.coins], listed.skipped) == (["ETH"], 1)


@pytest.mark.parametrize("body", [Says([]), Says({"status": {"error_code": 0}}), Says(b"<html>"), cmc_says()])
def test_what_is_no_listing_is_an_outage(listings, body):
    listings.put(CMC_V3, body)
    with pytest.raises(SourceDown):
        top()
