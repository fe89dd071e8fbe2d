"""Quotes that the price feed fetched before: reading them touches the database, never the network."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.models import Instrument, LatestQuote
from market.sources.base import Quote


class StoredQuotes:
    """Answers for a source on the network with what the feed kept of it; an outage shows as the quotes' age."""

    def __init__(self, source: str) -> None:
        self._source = source

    def quotes(self, instruments: Sequence[Instrument], *, now: datetime) -> dict[UUID, Quote]:
        """Return the kept quote of each instrument, in one statement; one that was never quoted is absent."""
        kept = LatestQuote.objects.filter(source=self._source, instrument__in=[row.pk for row in instruments])
        rows = kept.values_list("instrument_id", "bid", "ask", "last", "at")
        return {row[0]: Quote(*row) for row in rows}
