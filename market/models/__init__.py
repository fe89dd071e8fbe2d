"""What the market keeps: instruments and their prices, candles, coins, and what is watched."""

from market.models.candles import CandleBlock
from market.models.coins import Coin, CoinSnapshot
from market.models.instruments import Instrument, InstrumentQuerySet
from market.models.quotes import LatestQuote, PriceInterest
from market.models.watchlist import WatchlistEntry

__all__ = [
    "CandleBlock",
    "Coin",
    "CoinSnapshot",
    "Instrument",
    "InstrumentQuerySet",
    "LatestQuote",
    "PriceInterest",
    "WatchlistEntry",
]
