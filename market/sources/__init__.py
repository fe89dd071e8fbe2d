"""The catalogue of price sources: an instrument's `source` ► what answers for it.

A new source is one module here and one line below. One on the network stands in NETWORK: the price feed fetches it,
and CATALOGUE answers with what was kept.
"""

from market.sources.base import NetworkSource, QuoteSource
from market.sources.bybit import BybitSource
from market.sources.stored import StoredQuotes
from market.sources.synthetic import SyntheticSource

NETWORK: dict[str, NetworkSource] = {"bybit": BybitSource()}

CATALOGUE: dict[str, QuoteSource] = {
    "synthetic": SyntheticSource(),
    **{name: StoredQuotes(name) for name in NETWORK},
}
