"""Instruments by their ids, and the one that a symbol names in any spelling."""

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from core.compiled_reads import compiled_read
from market.kinds import Kind
from market.models import Instrument
from market.symbols import AmbiguousSymbol, Market, UnknownSymbol, bases_of, own_names, resolve
from market.unknown_symbols import ask_for_lists

_NAMES = ("symbol", "base", "quote", "settle", "kind", "venue", "id")


def find_instrument(text: str, *, default_kind: str = Kind.LINEAR, only_kind: str | None = None) -> Instrument:
    """Return the one instrument that `text` names, suspended or not: one query where it is found.

    `default_kind` decides between instruments of one pair, then the venue named, then DEFAULT_VENUE; `only_kind` hides
    the others altogether. A symbol that nothing has may be new at an exchange: its list is asked for, for next time.
    Raises UnknownSymbol, AmbiguousSymbol.
    """
    bases = bases_of(text)
    rows = {row.id: row for row in _candidates(list(own_names(text)), list(bases), only_kind or None)}
    try:
        return rows[_resolve(text, map(_market, rows.values()), default_kind)]
    except UnknownSymbol:
        # All names are read only now, so that the refusal can say what comes near: options never do.
        seen = Instrument.objects.filter(_of_kind(only_kind))
        every = [Market(*names) for names in seen.exclude(kind=Kind.OPTION).values_list(*_NAMES)]
    try:
        return seen.get(pk=_resolve(text, every, default_kind))
    except UnknownSymbol:
        if bases:
            ask_for_lists()
        raise


def instruments_by_id(ids: Iterable[UUID]) -> dict[UUID, Instrument]:
    """Return the instruments of these ids; one that is not there is absent."""
    return Instrument.objects.in_bulk(list(ids))


def instruments_of_symbols(symbols: Iterable[str]) -> dict[str, Instrument]:
    """Return the instrument that each of these symbols, written as instruments write them, means where nothing else is
    said; one that means none or several is absent. One query."""
    wanted = set(symbols)
    rows = {row.id: row for row in Instrument.objects.filter(symbol__in=wanted)}
    found = {}
    for symbol in wanted & {row.symbol for row in rows.values()}:
        with suppress(AmbiguousSymbol):
            found[symbol] = rows[_resolve(symbol, map(_market, rows.values()), Kind.LINEAR)]
    return found


@compiled_read
def _candidates(symbols: list[str], bases: list[str], only_kind: str | None) -> QuerySet[Instrument]:
    return Instrument.objects.filter(_of_kind(only_kind)).with_symbol_or_base(symbols, bases)


def _of_kind(only_kind: str | None) -> Q:
    return Q(kind=only_kind) if only_kind else Q()


def _resolve(text: str, markets: Iterable[Market], default_kind: str) -> UUID:
    found = resolve(text, markets, default_kind=default_kind, default_venue=settings.DEFAULT_VENUE)
    assert found.id is not None
    return found.id


def _market(instrument: Instrument) -> Market:
    return Market(*(getattr(instrument, name) for name in _NAMES))
