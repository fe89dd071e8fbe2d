"""Instruments by their ids, and the one that a symbol names in any spelling."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from market.kinds import Kind
from market.models import Instrument
from market.symbols import Market, UnknownSymbol, bases_of, own_names, resolve
from market.unknown_symbols import ask_for_lists

_NAMES = ("symbol", "base", "quote", "settle", "kind", "venue", "id")


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


def _resolve(text: str, markets: Iterable[Market], default_kind: str) -> UUID:
    found = resolve(text, markets, default_kind=default_kind, default_venue=settings.DEFAULT_VENUE)
    assert found.id is not None
    return found.id


def _market(instrument: Instrument) -> Market:
    return Market(*(getattr(instrument, name) for name in _NAMES))
