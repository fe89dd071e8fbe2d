"""How the price sources on the network are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Q

from core.breaker import BreakerState
from market.models import Instrument
from market.sources import NETWORK


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
