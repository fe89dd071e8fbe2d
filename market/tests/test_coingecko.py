"""CoinGecko over a real socket: its coins, its words, every fault of an answer and of a row."""

from datetime import UTC, datetime

import pytest

from core.breaker import BreakerState
from market.listings import PROVIDERS, WITH_DETAILS
from market.listings.base import CoinDetails
from market.sources.base import SourceBusy, SourceDown, SourceRefused
from market.tests.listing_server import MARKETS, Says, gecko

HTML = b"<!doctype html><title>One moment</title>"


def top(limit=10):
    return PROVIDERS["coingecko"].top(limit)


def test_a_coin_has_the_figures_that_were_sent(listings):
    listings.put(MARKETS, Says([gecko()]))
    [coin] = top().coins
    assert (coin.provider_id, coin.symbol, coin.slug, coin.rank) == ("bitcoin", "BTC", "bitcoin", 1)
    assert (coin.price, coin.volume_24h, coin.change_24h_percent) == (66317.0, 79537777257.5, 6.858171)
    assert (coin.fully_diluted_market_cap, coin.max_supply) == (None, None)
    assert coin.ath_at == datetime(2021, 10, 20, 14, 54, 17, 702000, tzinfo=UTC)


def test_the_largest_are_asked_for_in_one_request(listings):
    listings.put(MARKETS, Says([gecko()]))
    top(200)
    [asked] = listings.asked
    assert asked.query | {"vs_currency": "usd", "per_page": "200", "order": "market_cap_desc"} == asked.query


@pytest.mark.parametrize("plan", ["demo", "pro"])
def test_the_key_goes_in_the_header_of_its_plan(listings, settings, plan):
    settings.COINGECKO_PLAN = plan
    listings.put(MARKETS, Says([gecko()]))
    top()
    sent = {name: value for name, value in listings.asked[0].headers.items() if name.startswith("x-cg-")}
    assert sent == {f"x-cg-{plan}-api-key": "Gecko-key"}


def test_without_a_key_none_is_sent(listings, settings):
    settings.COINGECKO_API_KEY = ""
    listings.put(MARKETS, Says([gecko()]))
    top()
    assert not any(name.startswith("x-cg-") for name in listings.asked[0].headers)


@pytest.mark.parametrize(
    "odd",
    [
        *({"current_price": value} for value in (None, "66317", -1, True, [], 10**400)),
        *({"market_cap": value} for value in ("1", -5, {})),
        *({"id": value} for value in (None, "", " ", 5, "x" * 129, "a\x00b")),
        {"symbol": None},
        {"name": ""},
        {"market_cap_rank": "1"},
        {"market_cap_rank": 0},
        {"ath_date": "yesterday"},
        {"last_updated": 5},
        {"price_change_percentage_24h_in_currency": "6.8"},
    ],
    ids=str,
)
def test_an_unsound_row_is_skipped_alone(listings, odd):
    listings.put(MARKETS, Says([gecko() | odd, gecko("ethereum", "eth", 2)]))
    listed = top()
    assert ([coin.symbol for coin in listed.coins], listed.skipped) == (["ETH"], 1)


@pytest.mark.parametrize("row", [None, "btc", 5, [], [gecko()]], ids=str)
def test_what_is_no_row_is_skipped_alone(listings, row):
    listings.put(MARKETS, Says([row, gecko()]))
    assert (len(top().coins), top().skipped) == (1, 1)


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_a_figure_that_is_not_finite_spoils_its_row(listings, word):
    body = Says([gecko("ethereum", "eth", 2), gecko(total_volume=0.125)]).raw()
    listings.put(MARKETS, Says(body.replace(b"0.125", word)))
    listed = top()
    assert ([coin.symbol for coin in listed.coins], listed.skipped) == (["ETH"], 1)


def test_a_coin_told_twice_is_taken_once(listings):
    listings.put(MARKETS, Says([gecko(), gecko(current_price=5)]))
    listed = top()
    assert ([coin.price for coin in listed.coins], listed.skipped) == ([66317.0], 1)


def test_an_image_that_is_no_web_address_is_left_out(listings):
    listings.put(MARKETS, Says([gecko(image="javascript:alert(1)")]))
    assert top().coins[0].image_url == ""


@pytest.mark.parametrize(
    "fault",
    [
        Says(HTML),
        Says(b""),
        Says(b"\x00\xff"),
        Says({}),
        Says(None),
        Says([]),
        Says([{}]),
        Says({"error": "coin not found"}),
        Says({}, 500),
        Says(HTML, 502),
    ],
    ids=lambda fault: f"{fault.status} {fault.raw()!r}",
)
def test_what_is_no_listing_is_an_outage_asked_three_times(listings, fault):
    listings.put(MARKETS, fault)
    with pytest.raises(SourceDown):
        top()
    assert len(listings.asked) == 3


def test_a_moment_of_trouble_is_passed_over(listings, seconds):
    before = seconds.now
    listings.put(MARKETS, Says({}, 500), Says(HTML), Says([gecko()]))
    assert len(top().coins) == 1
    assert seconds.now - before == 2.0  # pauses of 0.5 and 1.5


def test_a_refusal_is_not_asked_again(listings):
    listings.put(MARKETS, Says({"error": "Missing parameter vs_currency"}, 422))
    with pytest.raises(SourceRefused, match="422"):
        top()
    assert len(listings.asked) == 1


def test_too_many_requests_are_none_until_it_said(listings, seconds):
    listings.put(MARKETS, Says({}, 429, {"Retry-After": "60"}), Says([gecko()]))
    with pytest.raises(SourceBusy):
        top()
    seconds.now += 59
    with pytest.raises(SourceDown, match="left alone"):
        top()
    seconds.now += 2
    assert len(top().coins) == 1
    assert len(listings.asked) == 2


def test_what_fails_again_and_again_is_left_alone(listings):
    listings.put(MARKETS, Says({}, 500))
    with pytest.raises(SourceDown):
        top()
    with pytest.raises(SourceDown):
        top()
    with pytest.raises(SourceDown):
        top()
    assert PROVIDERS["coingecko"].breaker_state() == BreakerState.OPEN
    with pytest.raises(SourceDown, match="left alone"):
        top()
    assert len(listings.asked) == 9


def details(**told):
    words = {"id": "bitcoin", "description": {"en": "<a href='x'>Gold</a> &amp; more"}, **told}
    return {
        "links": {"homepage": ["", "http://bitcoin.example"]},
        "image": {"large": "https://i.example/b.png"},
    } | words


def test_details_are_words_without_markup(listings):
    listings.put("/coins/bitcoin", Says(details()))
    found = WITH_DETAILS["coingecko"].details("bitcoin")
    assert found == CoinDetails("Gold & more", "http://bitcoin.example", "https://i.example/b.png")


@pytest.mark.parametrize(
    "told",
    [
        {"description": None, "links": None, "image": None},
        {"description": {"en": 5}, "links": {"homepage": "http://a.example"}, "image": {"large": "ftp://a"}},
        {"description": {}, "links": {"homepage": [None, "javascript:alert(1)", "http://"]}, "image": []},
    ],
    ids=str,
)
def test_details_that_are_missing_or_odd_are_empty(listings, told):
    listings.put("/coins/bitcoin", Says(details(**told)))
    assert WITH_DETAILS["coingecko"].details("bitcoin") == CoinDetails()


def test_details_of_another_coin_are_an_outage(listings):
    listings.put("/coins/bitcoin", Says(details(id="ethereum")))
    with pytest.raises(SourceDown):
        WITH_DETAILS["coingecko"].details("bitcoin")


def test_an_id_cannot_leave_its_path(listings):
    with pytest.raises(SourceRefused):
        WITH_DETAILS["coingecko"].details("../simple/price?x=1")
    assert listings.paths() == ["/coins/..%2Fsimple%2Fprice%3Fx%3D1"]
