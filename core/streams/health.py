"""How streams are doing: how many were ever told anything, and what waits to be published."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from core.models import Event, Stream

# The relay publishes within milliseconds; what has waited longer than this waits for a relay that is away.
LONGEST_WAIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """Of `streams`: how many have been `told` something; messages `waiting` to be published, the oldest since when."""

    streams: int
    told: int
    waiting: int
    oldest_waiting_at: datetime | None
    is_ok: bool


def stream_health(streams: Collection[str], *, now: datetime) -> StreamHealth:
    """Look at streams by name, in two statements. They are well while nothing waits longer than LONGEST_WAIT."""
    names = set(streams)
    told = Stream.objects.filter(pk__in=names, last_seq__gt=0).count()
    rows = Event.objects.filter(cursor=None).order_by().values("stream")
    unpublished = rows.annotate(many=Count("pk"), oldest=Min("created_at")).values_list("stream", "many", "oldest")
    waiting = [(many, oldest) for stream, many, oldest in unpublished if stream in names]
    oldest_at = min((oldest for _, oldest in waiting), default=None)
    is_ok = oldest_at is None or now - oldest_at <= LONGEST_WAIT
    return StreamHealth(len(names), told, sum(many for many, _ in waiting), oldest_at, is_ok)
