"""Which market a symbol names, in any common spelling: exactly one, or a refusal; never a guess.

Every split into base and quote is tried and the list of markets decides: XBTUSD also ends in TUSD, and a first
match would make it XB/TUSD. One symbol may be several markets: an exchange gives its spot market and its perpetual the
same one, and the next exchange does it again. The kind decides first, then the venue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from uuid import UUID

from core.errors import Missing
from market.kinds import Kind
from market.spelling import Spelling, Unreadable, codes_of, coin, compact, currency, read, tidy, venue_of

_PERPETUAL = (Kind.LINEAR, Kind.INVERSE)
# What a spelling calls a venue whose markets stand here under more than one name.
_VENUES_OF = {"BINANCE": ("binance", "binanceusdm")}
# Several of these share one base and quote: only their own name tells them apart.
_BY_NAME = (Kind.FUTURE, Kind.OPTION, Kind.INDEX)
_MOST_NEAR = 5


@dataclass(frozen=True, slots=True)
class Market:
    """What can be said of a market by its names alone; `settle` is "" where nothing is settled.

    `id` is that of the instrument, where there is one.
    """

    symbol: str
    base: str
    quote: str
    settle: str
    kind: str
    venue: str = ""
    id: UUID | None = None


class UnknownSymbol(Missing):
    """No market has this name; `near` are the symbols of those that come close."""

    code = "UNKNOWN_SYMBOL"

    def __init__(self, message: str, *, near: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.near = tuple(near)


class AmbiguousSymbol(Missing):
    """More than one market has this name; `candidates` are their symbols."""

    code = "AMBIGUOUS_SYMBOL"

    def __init__(self, message: str, *, candidates: Sequence[str]) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


def resolve(text: str, markets: Iterable[Market], *, default_kind: str, default_venue: str = "") -> Market:
    """Return the one market that `text` names: a market's own symbol first, then any spelling of its pair.

    Of several, `default_kind` decides where such a market is among them; of those left, when they are of one kind,
    the venue that the text names, else `default_venue`. Raises UnknownSymbol, AmbiguousSymbol.
    """
    known = list(markets)
    try:
        name = tidy(text)
        fitting = _of_name(text.strip(), known) or _of_pair(name, known, default_kind=default_kind)
    except Unreadable as error:
        raise UnknownSymbol(str(error)) from error
    alike = _of_kind(fitting, default_kind) or fitting
    candidates = _of_venue(alike, named=venue_of(name), default_venue=default_venue)
    if len(candidates) > 1:
        raise _ambiguous(name, candidates)
    return candidates[0]


def own_names(text: str) -> set[str]:
    """Return the symbols that `text` is itself, as written and in capitals: empty where no symbol looks like it."""
    try:
        return {text.strip(), tidy(text)}
    except Unreadable:
        return set()


def bases_of(text: str) -> set[str]:
    """Return every base currency that a market named by `text` can have: empty where the text is unreadable."""
    try:
        spelling = read(text)
    except Unreadable:
        return set()
    return {code for base, _ in spelling.pairs for code in codes_of(base)}


def _of_name(text: str, known: Sequence[Market]) -> list[Market]:
    as_written = [market for market in known if market.symbol == text]
    return as_written or [market for market in known if market.symbol.upper() == text.upper()]


def _of_pair(name: str, known: Sequence[Market], *, default_kind: str) -> list[Market]:
    spelling = read(name)
    fitting = [market for market in known if _fits(market, spelling)]
    bundled = [market for market in known if _fits_bundled(market, spelling)]
    if not fitting and not bundled:
        raise _unknown(name, known, spelling)
    # A contract on 1,000 coins has another price and size: no second choice beside a market of the coin itself.
    rivals = [] if _of_kind(fitting, default_kind) else _of_kind(bundled, default_kind)
    if fitting and rivals:
        raise _ambiguous(name, [*fitting, *rivals])
    return fitting or bundled


def _fits(market: Market, spelling: Spelling) -> bool:
    if market.kind in _BY_NAME:
        return not spelling.perpetual and compact(market.symbol.upper()) == spelling.compact
    return _kind_fits(market, spelling) and (coin(market.base), currency(market.quote)) in spelling.pairs


def _fits_bundled(market: Market, spelling: Spelling) -> bool:
    base = coin(market.base)
    if market.kind in _BY_NAME or not _kind_fits(market, spelling):
        return False
    return (coin(base.code), currency(market.quote)) in spelling.pairs


def _kind_fits(market: Market, spelling: Spelling) -> bool:
    if spelling.settle and currency(market.settle) != spelling.settle:
        return False
    return market.kind in _PERPETUAL or not spelling.perpetual


def _of_kind(markets: Sequence[Market], kind: str) -> list[Market]:
    return [market for market in markets if market.kind == kind]


def _of_venue(markets: Sequence[Market], *, named: str, default_venue: str) -> list[Market]:
    """Choose between the venues of one kind of market. Between a spot market and a perpetual a venue says nothing."""
    if len({market.kind for market in markets}) > 1:
        return list(markets)
    meant = _VENUES_OF.get(named, (named.lower(),))
    of_meant = [market for market in markets if market.venue in meant]
    return of_meant or [market for market in markets if market.venue == default_venue] or list(markets)


def _ambiguous(name: str, candidates: Sequence[Market]) -> AmbiguousSymbol:
    told = sorted({f"{market.symbol} ({market.kind}, {market.venue or 'no venue'})" for market in candidates})
    symbols = sorted({market.symbol for market in candidates})
    return AmbiguousSymbol(f"{name} can mean {' or '.join(told)}: name one of them.", candidates=symbols)


def _unknown(name: str, known: Sequence[Market], spelling: Spelling) -> UnknownSymbol:
    bases = {base.code for base, _ in spelling.pairs}
    same_base = sorted({market.symbol for market in known if coin(market.base).code in bases})
    alike = get_close_matches(name, {market.symbol for market in known}, n=_MOST_NEAR)
    near = list(dict.fromkeys([*same_base, *alike]))[:_MOST_NEAR]
    hint = f" Near it: {', '.join(near)}." if near else ""
    return UnknownSymbol(f"No market here is called {name}.{hint}", near=near)
