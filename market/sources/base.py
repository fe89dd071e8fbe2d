"""What a quote is, and what a source of quotes must answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable
from uuid import UUID

from market.models import Instrument


@dataclass(frozen=True, slots=True)
class Quote:
    """One instrument's prices at one moment: quote currency per base unit, bid below ask; `at` is aware UTC."""

    instrument_id: UUID
    bid: Decimal
    ask: Decimal
    last: Decimal
    at: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2

    def age_seconds(self, now: datetime) -> float:
        """Return the seconds from the quote to `now`; negative where the source's clock is ahead of ours."""
        return (now - self.at).total_seconds()


class QuoteSource(Protocol):
    """Where prices come from."""

    def quotes(self, instruments: Sequence[Instrument], *, now: datetime) -> dict[UUID, Quote]:
        """Return the newest quote of each instrument by its id; an instrument without a quote is absent."""
        ...


@runtime_checkable
class FeedSource(QuoteSource, Protocol):
    """A source whose prices come over a line that can fall silent: it can say when it last heard one."""

    def newest_quote_at(self) -> datetime | None:
        """Return the time of the newest quote of all its instruments; None before the first."""
        ...
