"""What a quote is, what a source of quotes must answer, and what one on the network must be able to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from core.breaker import BreakerState
from core.clock import Clock
from core.errors import Unavailable
from market.candles.series import CandleSeries
from market.intervals import Interval
from market.models import Instrument


class SourceDown(Unavailable):
    """A source on the network gave nothing usable; the sentence is ours, nothing of what it sent is in it."""

    code = "PRICE_SOURCE_DOWN"


class SourceBusy(SourceDown):
    """The source asks to be left alone for `wait_seconds`."""

    def __init__(self, message: str, *, wait_seconds: float) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class SourceRefused(SourceDown):
    """The source takes no request like this one (HTTP 400 to 499): the same again would be refused again."""

    def __init__(self, message: str, *, http_status: int) -> None:
        super().__init__(message)
        self.http_status = http_status


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


class NetworkSource(Protocol):
    """Where the price feed fetches quotes; nobody else asks it, for it is slow and may be down."""

    def covers(self, *, kind: str, base: str, quote: str) -> bool:
        """Say whether the source could have a market of this kind."""
        ...

    def fetch(self, instruments: Sequence[Instrument], *, clock: Clock) -> list[Quote]:
        """Return the quotes that could be had now. An outage is logged and counted, never raised."""
        ...

    def breaker_state(self) -> BreakerState | None:
        """Return the worst state of its breakers; None in a process that fetches nothing."""
        ...


@dataclass(frozen=True, slots=True)
class FetchedCandles:
    """What a source gave of one instrument: `skipped` rows were unsound and are left out."""

    series: CandleSeries
    skipped: int


class CandleSource(Protocol):
    """Where candles of the past come from."""

    most_candles: int  # of one answer

    def intervals(self, instrument: Instrument) -> frozenset[Interval]:
        """Return the intervals that it has candles of, of this instrument; none where it does not have it at all."""
        ...

    def candles(self, instrument: Instrument, interval: Interval, *, start: datetime, end: datetime) -> FetchedCandles:
        """Return the closed candles that open from `start` to before `end`, at most the last `most_candles` of them.

        The one that is still running is left out. Raises SourceDown, SourceBusy.
        """
        ...
