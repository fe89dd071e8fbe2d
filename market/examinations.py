"""Examines the feed: how old the newest price of each source is that a line can cut off."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from core.examinations import Finding, error, ok, skipped, warning
from market.models import Instrument
from market.sources import CATALOGUE
from market.sources.base import FeedSource


def examine_feed() -> Iterator[Finding]:
    """Look at the sources of the instruments that orders may be placed on."""
    yield from feed_findings(now=timezone.now())


def feed_findings(*, now: datetime) -> Iterator[Finding]:
    """Compare each feed's newest quote with the ages at which its instruments stop to fill."""
    limits: dict[str, list[int]] = defaultdict(list)
    for source, seconds in Instrument.objects.trading().values_list("source", "stale_after_seconds"):
        limits[source].append(seconds)
    for unknown in sorted(limits.keys() - CATALOGUE.keys()):
        found = f"{len(limits[unknown])} instrument(s) take their prices from {unknown}, which this desk does not know."
        yield error(found, "Correct their source in the console, or run the version of the code that has it.")
    feeds = {name: source for name, source in CATALOGUE.items() if name in limits and isinstance(source, FeedSource)}
    for name, feed in feeds.items():
        yield age_finding(name, feed.newest_quote_at(), limits=limits[name], now=now)
    if not feeds:
        yield skipped("No source in use needs a network.")


def age_finding(name: str, newest: datetime | None, *, limits: list[int], now: datetime) -> Finding:
    """Judge a feed's newest quote: too old for some instruments is a warning, for all of them an error."""
    advice = f"See that the price feed runs and reaches {name}; until then orders are refused as STALE_QUOTE."
    if newest is None:
        return error(f"{name} has sent no quote yet.", advice)
    age = now - newest
    found = f"The newest quote of {name} is {age.total_seconds():.1f} s old."
    if age > timedelta(seconds=max(limits)):
        return error(found, advice)
    if age > timedelta(seconds=min(limits)):
        return warning(found, advice)
    return ok(found)
