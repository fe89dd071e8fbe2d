"""The catalogue of listing services, and which of them the desk asks, in which order.

A new one is one module here, one line below, and a field of Coin for its ids.
"""

from market.listings.base import DetailsProvider, ListingProvider
from market.listings.coingecko import CoinGecko
from market.listings.coinmarketcap import CoinMarketCap

_COINGECKO = CoinGecko()

PROVIDERS: dict[str, ListingProvider] = {"coingecko": _COINGECKO, "coinmarketcap": CoinMarketCap()}

# Those that have words about a coin too.
WITH_DETAILS: dict[str, DetailsProvider] = {"coingecko": _COINGECKO}
