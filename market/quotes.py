"""The newest quotes of instruments, each asked of its own source, and when a quote is too old to trade on."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from market.models import Instrument
from market.sources import CATALOGUE
from market.sources.base import Quote, QuoteSource

__all__ = ["Quote", "QuoteSource", "is_stale", "latest_quotes"]


def latest_quotes(instruments: Iterable[Instrument], *, now: datetime) -> dict[UUID, Quote]:
    """Return the newest quote of each instrument by id, each source asked once.

    An instrument is absent where its source has no quote of it, or is not one that this process knows.
    """
    by_source: dict[str, list[Instrument]] = defaultdict(list)
    for instrument in instruments:
        by_source[instrument.source].append(instrument)
    quotes: dict[UUID, Quote] = {}
    for name in by_source.keys() & CATALOGUE.keys():
        quotes |= CATALOGUE[name].quotes(by_source[name], now=now)
    return quotes


def is_stale(quote: Quote, instrument: Instrument, *, now: datetime) -> bool:
    """Say whether a quote may fill nothing: further from `now` than the instrument allows, in either direction."""
    return abs(quote.age_seconds(now)) > instrument.stale_after_seconds
