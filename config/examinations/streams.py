"""Examines whether a relay lives: without one, what happened is stored, reaches no screen and is never deleted."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from core.examinations import Finding, error, ok, warning
from core.models import Event

SLOW = timedelta(seconds=10)
STUCK = timedelta(seconds=60)


def examine_streams() -> Iterator[Finding]:
    """Look at the messages that no relay has numbered yet."""
    yield waiting_finding(now=timezone.now())


def waiting_finding(*, now: datetime) -> Finding:
    """Judge how long the oldest of them waits. One process that is stopped is no fault: it is a warning there."""
    told = Event.objects.filter(cursor=None).aggregate(many=Count("pk"), oldest=Min("created_at"))
    if not told["many"]:
        return ok("No message waits for the relay.")
    age = now - told["oldest"]
    found = f"{told['many']} message(s) wait for the relay, the oldest for {age.total_seconds():.0f} s."
    if age <= SLOW:
        return ok(found)
    if not settings.REDIS_URL:
        advice = "Start the desk with `make run`, unless it should be down; else look for `relay` in its log."
        return warning(found, advice)
    advice = "Start `manage.py relay`; where one runs, look into its log. Until then no screen moves by itself."
    return error(found, advice) if age > STUCK else warning(found, advice)
