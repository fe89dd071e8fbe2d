"""Wanting the prices of instruments for a while: whoever looks at a price has the feed fetch it."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from core.bulk import upsert_newer_rows
from market.models import Instrument, PriceInterest
from market.ticks import instrument_of

WANTED_FOR = timedelta(minutes=5)
# Not put off again before this is left of it, so that many readers write seldom.
_PUT_OFF_AT = timedelta(minutes=3)


def want_prices(instrument_ids: Iterable[UUID], *, now: datetime) -> None:
    """Have the feed fetch these instruments for five minutes from now: one statement, two where it is put off."""
    asked = set(instrument_ids)
    enough = PriceInterest.objects.filter(pk__in=asked, wanted_until__gt=now + _PUT_OFF_AT)
    new = asked - set(enough.values_list("pk", flat=True)) if asked else asked
    rows = [PriceInterest(instrument_id=pk, wanted_until=now + WANTED_FOR) for pk in sorted(new)]
    if rows:
        upsert_newer_rows(PriceInterest, rows, newer_by="wanted_until")


def want_ticks(topics: Collection[str]) -> None:
    """Have the feed make the ticks that sockets look at. Called with all topics of a process, now and again."""
    ids = {pk for pk in map(instrument_of, topics) if pk is not None}
    known = Instrument.objects.filter(pk__in=ids).values_list("pk", flat=True) if ids else ()
    want_prices(known, now=timezone.now())
