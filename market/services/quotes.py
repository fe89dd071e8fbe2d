"""Keeping the quotes that were fetched: the newest of each instrument, for every process to read."""

from collections.abc import Iterable, Mapping

from core.bulk import upsert_newer_rows
from market.models import LatestQuote
from market.sources.base import Quote


def keep_quotes(quotes: Mapping[str, Iterable[Quote]]) -> int:
    """Store quotes by the name of their source, in one statement, and return how many were newer than those kept."""
    rows = [
        LatestQuote(
            instrument_id=quote.instrument_id, source=name, bid=quote.bid, ask=quote.ask, last=quote.last, at=quote.at
        )
        for name, of_source in quotes.items()
        for quote in of_source
    ]
    return upsert_newer_rows(LatestQuote, rows, newer_by="at")
