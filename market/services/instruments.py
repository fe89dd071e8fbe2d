"""Taking over what exchanges list: new markets become instruments, steps and limits follow, what is gone is suspended.

A list is read outside any transaction, kind by kind: a kind whose list cannot be read stays as it is. What operators
set (costs, shorts, the source, a name) is written when an instrument is made and never again. An instrument that its
list has no longer is suspended and marked; once the list has it again it is resumed, but never one that an operator
suspended.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from core.bulk import upsert_rows
from core.clock import Clock
from core.exact import RATE_SCALE
from core.rows import new_row
from market.kinds import Kind, Status
from market.models import Instrument
from market.sources import LISTS
from market.sources.base import SourceDown
from market.sources.left_out import LeftOut
from market.sources.listed import InstrumentSource, ListedMarket, MarketList

logger = logging.getLogger(__name__)

IDENTITY = ("venue", "kind", "symbol")
FOLLOWED = (
    *("tick_size", "lot_size", "min_quantity", "min_notional", "contract_size", "max_leverage"),
    *("expires_at", "listed_at"),
)

# What a new instrument costs until an operator says otherwise; where there is a real bid and ask, they are used.
_SPREAD, _SLIPPAGE, _FUNDING_RATE = Decimal("0.0002"), Decimal("0.0001"), Decimal("0.0001")
_NAMES = {Kind.LINEAR: "perpetual", Kind.INVERSE: "inverse perpetual", Kind.SPOT: "spot"}
_left_out = {venue: LeftOut(f"{venue} lists what cannot be kept") for venue in LISTS}


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh of one venue did, in instruments; `failed` are the kinds whose list could not be read."""

    venue: str
    listed: int
    added: int
    suspended: int
    resumed: int
    skipped: int
    failed: tuple[str, ...]


def venues_in_use() -> list[str]:
    """Return the venues whose lists are followed: those that instruments take prices from, and INSTRUMENT_VENUES.

    None on a desk whose market is synthetic: it asks nobody.
    """
    named = set(settings.INSTRUMENT_VENUES)
    taken = Instrument.objects.filter(source__in=list(LISTS)).order_by().values_list("source", flat=True).distinct()
    return [venue for venue in LISTS if venue in named.union(taken)]


def refresh_venues(*, read_before: datetime, clock: Clock) -> list[Refreshed]:
    """Follow the lists of the venues in use that no process has read since."""
    read = Instrument.objects.filter(listed_at__gt=read_before).order_by().values_list("venue", flat=True).distinct()
    fresh = set(read)
    return [refresh_instruments(venue, clock=clock) for venue in venues_in_use() if venue not in fresh]


def refresh_instruments(venue: str, *, clock: Clock, source: InstrumentSource | None = None) -> Refreshed:
    """Read a venue's own list and follow it; five statements, however long the list. Raises nothing for an outage."""
    lists, failed = _read(venue, source or LISTS[venue])
    now = clock()
    rows = _rows(venue, lists, now=now)
    with transaction.atomic():
        before = _known(venue)
        upsert_rows(Instrument, rows, FOLLOWED, by=IDENTITY)
        suspended, resumed = _follow_status(venue, lists, now=now)
        added = _known(venue) - before
    done = Refreshed(
        venue=venue,
        listed=sum(len(each.markets) for each in lists),
        added=added,
        suspended=suspended,
        resumed=resumed,
        skipped=sum(len(each.skipped) for each in lists),
        failed=tuple(failed),
    )
    logger.info("instruments of %s: %s", venue, done)
    return done


def _read(venue: str, source: InstrumentSource) -> tuple[list[MarketList], list[str]]:
    lists, failed = [], []
    for kind in source.kinds:
        try:
            lists.append(source.instruments(kind))
        except SourceDown as down:
            logger.warning("no list of %s %s: %s", venue, kind, down.message)
            failed.append(kind)
    _left_out[venue].note(
        missing=[f"{each.kind} {symbol}" for each in lists for symbol in each.skipped],
        sound=[f"{each.kind} {market.symbol}" for each in lists for market in each.markets],
    )
    return lists, failed


def _known(venue: str) -> int:
    return Instrument.objects.filter(venue=venue).count()


def _follow_status(venue: str, lists: Iterable[MarketList], *, now: datetime) -> tuple[int, int]:
    """Suspend what was listed before and is no longer, resume what was suspended so; return how many of each.

    A row that was skipped is still on the list: its instrument stays as it is.
    """
    read = Q(pk__in=[])
    skipped = Q(pk__in=[])
    for each in lists:
        read |= Q(kind=each.kind)
        skipped |= Q(kind=each.kind, symbol__in=each.skipped)
    of_venue = Instrument.objects.filter(read, venue=venue)
    gone = of_venue.filter(status=Status.TRADING, listed_at__lt=now).exclude(skipped)
    suspended = gone.update(status=Status.SUSPENDED, is_withheld=True)
    back = of_venue.filter(is_withheld=True, listed_at=now)
    return suspended, back.update(status=Status.TRADING, is_withheld=False)


def _rows(venue: str, lists: Iterable[MarketList], *, now: datetime) -> list[Instrument]:
    """Return the listed markets as instruments, in one order for all who write them."""
    markets = sorted((market for each in lists for market in each.markets), key=lambda each: (each.kind, each.symbol))
    return [new_row(Instrument, **_values(venue, market, now=now)) for market in markets]


def _values(venue: str, market: ListedMarket, *, now: datetime) -> Mapping[str, Any]:
    return {
        "venue": venue,
        "kind": market.kind,
        "symbol": market.symbol,
        "name": _name(market),
        "base": market.base,
        "quote": market.quote,
        "settle": market.settle,
        "tick_size": market.tick_size,
        "lot_size": market.lot_size,
        "min_quantity": market.min_quantity,
        "min_notional": market.min_notional,
        "contract_size": Decimal(1),
        "max_leverage": market.max_leverage,
        "spread": _SPREAD,
        "slippage": _SLIPPAGE,
        "size_unit": market.size_unit,
        "maintenance_margin_rate": _maintenance_rate(market),
        "funding_rate": _FUNDING_RATE if market.kind == Kind.LINEAR else Decimal(0),
        "allows_short": market.kind == Kind.LINEAR,
        "source": venue,
        "expires_at": market.expires_at,
        "listed_at": now,
    }


def _name(market: ListedMarket) -> str:
    kind = _NAMES.get(Kind(market.kind))
    return f"{market.base} / {market.quote} {kind}" if kind else market.symbol


def _maintenance_rate(market: ListedMarket) -> Decimal:
    """Return half of the least initial margin, as the exchanges' lowest tiers have it; 0 where none is lent."""
    if market.max_leverage == 1:
        return Decimal(0)
    whole = Decimal(1) / (2 * market.max_leverage)
    return whole.quantize(Decimal(1).scaleb(-RATE_SCALE), rounding=ROUND_HALF_EVEN)
