"""Examines the feed: how old the newest price of each source is that a line can cut off."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from core.examinations import Finding, error, ok, skipped, warning
from market.models import Instrument
from market.selectors.price_sources import SourceState, price_source_states
from market.sources import CATALOGUE


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
    states = [state for state in price_source_states(now=now) if state.name in limits]
    for state in states:
        yield age_finding(state, limits=limits[state.name])
    if not states:
        yield skipped("No source in use needs a network.")


def age_finding(state: SourceState, *, limits: list[int]) -> Finding:
    """Judge a feed's newest quote: too old for some instruments is a warning, for all of them an error."""
    advice = f"See that the price feed runs and reaches {state.name}; until then orders are refused as STALE_QUOTE."
    if state.age_seconds is None:
        return error(f"{state.name} has sent no quote yet.", advice)
    found = f"The newest quote of {state.name} is {state.age_seconds:.1f} s old."
    if state.age_seconds > max(limits):
        return error(found, advice)
    if state.age_seconds > min(limits):
        return warning(found, advice)
    if state.never_quoted:
        return warning(f"{state.never_quoted} instrument(s) of {state.name} never had a quote.", advice)
    return ok(found)
