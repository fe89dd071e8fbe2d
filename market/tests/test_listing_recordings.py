"""Bodies that the two services sent once, read by the adapters over a real socket."""

import json

import pytest

from config.tests.recordings import LISTINGS
from market.listings import PROVIDERS, WITH_DETAILS
from market.sources.base import SourceBusy, SourceDown, SourceRefused
from market.tests.listing_server import CMC_V1, CMC_V3, MARKETS, Says

pytestmark = pytest.mark.skipif(not LISTINGS.is_dir(), reason=f"{LISTINGS} is not there")


def recorded(name):
    return json.loads((LISTINGS / name).read_text())


def symbols(listed):
    return [coin.symbol for coin in listed.coins]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("markets_multi_2021-11-08.json", ["BTC", "ETH"]), ("vcr_market_data_for_a_coin.json", ["BTC"])],
)
def test_coingeckos_markets(listings, name, expected):
    listings.put(MARKETS, Says(recorded(f"coingecko/{name}")["body"]))
    listed = PROVIDERS["coingecko"].top(100)
    assert (symbols(listed), listed.skipped) == (expected, 0)


def test_coingeckos_ethereum_to_the_digit(listings):
    listings.put(MARKETS, Says(recorded("coingecko/markets_multi_2021-11-08.json")["body"]))
    ethereum = PROVIDERS["coingecko"].top(100).coins[1]
    assert (ethereum.price, ethereum.atl, ethereum.circulating_supply) == (4779.69, 0.432979, 118259710.374)
    assert (ethereum.max_supply, ethereum.fully_diluted_market_cap) == (None, None)


def test_coingeckos_refusal(listings):
    told = recorded("coingecko/vcr_market_data_for_a_coin_1.json")
    listings.put(MARKETS, Says(told["body"], told["status"]["code"]))
    with pytest.raises(SourceRefused, match="422"):
        PROVIDERS["coingecko"].top(100)


def test_coingeckos_words_about_bitcoin(listings):
    listings.put("/coins/bitcoin", Says(recorded("coingecko/vcr_a_coins_complete_current_data.json")["body"]))
    found = WITH_DETAILS["coingecko"].details("bitcoin")
    assert found.description.startswith("Bitcoin is the first successful internet money")
    assert "<a" not in found.description
    assert (found.website, found.image_url[:8]) == ("http://www.bitcoin.org", "https://")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v1_listings_latest_2019-02-08.json", ["BTC", "XRP", "ETH"]),
        ("v1_listings_latest_2024-04-08.json", ["BTC", "ETH", "USDT"]),
        ("v3_listings_latest_shape.json", ["BTC"]),
    ],
)
def test_coinmarketcaps_listings(listings, name, expected):
    listings.put(CMC_V1, Says(recorded(f"coinmarketcap/{name}")))
    listed = PROVIDERS["coinmarketcap"].top(100)
    assert (symbols(listed)[:3], listed.skipped) == (expected, 0)


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("in_answer", [False, True])
def test_coinmarketcaps_errors(listings, number, in_answer):
    error = recorded("coinmarketcap/errors.json")["errors"][number]
    listings.put(CMC_V3, Says(error["body"], 200 if in_answer else error["http"]))
    with pytest.raises(SourceBusy if error["http"] == 429 else SourceDown) as down:
        PROVIDERS["coinmarketcap"].top(100)
    assert error["body"]["status"]["error_message"] not in str(down.value)
