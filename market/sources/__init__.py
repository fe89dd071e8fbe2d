"""The catalogue of price sources: an instrument's `source` ► what answers for it.

A new source is one module here and one line below. One on the network stands in NETWORK: the price feed fetches it,
and CATALOGUE answers with what was kept.
"""

from market.sources.base import CandleSource, NetworkSource, QuoteSource
from market.sources.binance import SPOT, USD_M, BinanceSource
from market.sources.binance_candles import BinanceCandles
from market.sources.binance_markets import BinanceMarkets
from market.sources.bybit import BybitSource
from market.sources.bybit_candles import BybitCandles
from market.sources.bybit_markets import BybitMarkets
from market.sources.listed import InstrumentSource
from market.sources.patient import PatientReader
from market.sources.stored import StoredQuotes
from market.sources.synthetic import SyntheticSource
from market.sources.synthetic_candles import SyntheticCandles

NETWORK: dict[str, NetworkSource] = {
    "bybit": BybitSource(),
    SPOT.name: BinanceSource(SPOT),
    USD_M.name: BinanceSource(USD_M),
}

CATALOGUE: dict[str, QuoteSource] = {
    "synthetic": SyntheticSource(),
    **{name: StoredQuotes(name) for name in NETWORK},
}

_READERS = {name: PatientReader(name) for name in NETWORK}

# Who has a list of its own markets: instruments of this venue come from it.
LISTS: dict[str, InstrumentSource] = {
    "bybit": BybitMarkets(_READERS["bybit"]),
    SPOT.name: BinanceMarkets(SPOT, _READERS[SPOT.name]),
    USD_M.name: BinanceMarkets(USD_M, _READERS[USD_M.name]),
}

# Who has candles of the past; one on the network stands under its name in NETWORK.
CANDLES: dict[str, CandleSource] = {
    "synthetic": SyntheticCandles(),
    "bybit": BybitCandles(_READERS["bybit"]),
    SPOT.name: BinanceCandles(SPOT, _READERS[SPOT.name]),
    USD_M.name: BinanceCandles(USD_M, _READERS[USD_M.name]),
}
