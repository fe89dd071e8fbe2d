"""The catalogue of price sources: an instrument's `source` ► what answers for it.

A new source is one module here and one line below.
"""

from market.sources.base import QuoteSource
from market.sources.synthetic import SyntheticSource

CATALOGUE: dict[str, QuoteSource] = {"synthetic": SyntheticSource()}


def register(name: str, source: QuoteSource) -> None:
    """Let `source` answer for the instruments that name it, in place of what answered before.

    Tests put a fake in with `monkeypatch.setitem(CATALOGUE, name, source)`, which undoes itself.
    """
    CATALOGUE[name] = source
