"""Reading the market: an instrument under any spelling of its symbol, its ticker, how the price sources are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max, Q

from core.breaker import BreakerState
from core.errors import Unavailable
from market.kinds import Kind
from market.models import Instrument
from market.quotes import Quote, is_stale
from market.sources import NETWORK
from market.symbols import Market, UnknownSymbol, bases_of, own_names, resolve
from market.unknown_symbols import ask_for_lists

_NAMES = ("symbol", "base", "quote", "settle", "kind", "venue", "id")


class NoQuote(Unavailable):
    """The instrument's source has no price of it now."""

    code = "NO_QUOTE"

    def __init__(self, symbol: str) -> None:
        super().__init__(f"There is no price of {symbol} at the moment.")
        self.symbol = symbol


@dataclass(frozen=True, slots=True)
class Ticker:
    """What a screen shows of one instrument: prices in quote currency, `timestamp` the quote's own."""

    symbol: str
    price: Decimal
    bid: Decimal
    ask: Decimal
    timestamp: datetime
    age_seconds: float
    stale: bool


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a price source on the network is: `age_seconds` is its newest quote's, None where it never gave one.

    `breaker` is None where this process fetches no prices: then only the ages tell of an outage.
    """

    name: str
    instruments: int
    never_quoted: int
    age_seconds: float | None
    breaker: BreakerState | None


def find_instrument(text: str, *, default_kind: str = Kind.LINEAR, only_kind: str | None = None) -> Instrument:
    """Return the one instrument that `text` names, suspended or not: one query where it is found.

    `default_kind` decides between instruments of one pair, then the venue named, then DEFAULT_VENUE; `only_kind` hides
    the others altogether. A symbol that nothing has may be new at an exchange: its list is asked for, for next time.
    Raises UnknownSymbol, AmbiguousSymbol.
    """
    seen = Instrument.objects.filter(kind=only_kind) if only_kind else Instrument.objects.all()
    rows = {row.id: row for row in seen.with_symbol_or_base(own_names(text), bases_of(text))}
    try:
        return rows[_resolve(text, map(_market, rows.values()), default_kind)]
    except UnknownSymbol:
        # All names are read only now, so that the refusal can say what comes near: options never do.
        every = [Market(*names) for names in seen.exclude(kind=Kind.OPTION).values_list(*_NAMES)]
    try:
        return seen.get(pk=_resolve(text, every, default_kind))
    except UnknownSymbol:
        if bases_of(text):
            ask_for_lists()
        raise


def instruments_by_id(ids: Iterable[UUID]) -> dict[UUID, Instrument]:
    """Return the instruments of these ids; one that is not there is absent."""
    return Instrument.objects.in_bulk(list(ids))


def ticker_of(instrument: Instrument, quote: Quote | None, *, now: datetime) -> Ticker:
    """Return the price of an instrument as its newest quote tells it, and how old that is. Raises NoQuote."""
    if quote is None:
        raise NoQuote(instrument.symbol)
    return Ticker(
        symbol=instrument.symbol,
        price=quote.last,
        bid=quote.bid,
        ask=quote.ask,
        timestamp=quote.at,
        age_seconds=round(quote.age_seconds(now), 3),
        stale=is_stale(quote, instrument, now=now),
    )


def price_source_states(*, now: datetime) -> list[SourceState]:
    """Return the state of each source on the network by name, also of one that no instrument takes: one query."""
    quoted = Q(latest_quote__source=F("source"))
    taken = Instrument.objects.filter(source__in=list(NETWORK)).values("source").order_by("source")
    figures: dict[str, Any] = {
        row["source"]: row
        for row in taken.annotate(
            instruments=Count("pk"),
            quoted=Count("latest_quote", filter=quoted),
            newest=Max("latest_quote__at", filter=quoted),
        )
    }
    return [_source_state(name, figures.get(name, {}), now=now) for name in sorted(NETWORK)]


def _source_state(name: str, figures: dict[str, Any], *, now: datetime) -> SourceState:
    count, newest = figures.get("instruments", 0), figures.get("newest")
    return SourceState(
        name=name,
        instruments=count,
        never_quoted=count - figures.get("quoted", 0),
        age_seconds=None if newest is None else round((now - newest).total_seconds(), 3),
        breaker=NETWORK[name].breaker_state(),
    )


def _resolve(text: str, markets: Iterable[Market], default_kind: str) -> UUID:
    found = resolve(text, markets, default_kind=default_kind, default_venue=settings.DEFAULT_VENUE)
    assert found.id is not None
    return found.id


def _market(instrument: Instrument) -> Market:
    return Market(*(getattr(instrument, name) for name in _NAMES))
