"""Examines the inbox: how long the oldest alert waits, which ones were tried in vain."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from core.examinations import Finding, error, ok, warning
from webhooks.models import Delivery, DeliveryStatus

SLOW = timedelta(seconds=30)
STUCK = timedelta(minutes=5)
LOOK_BACK = timedelta(days=1)


def examine_inbox() -> Iterator[Finding]:
    """Look at the deliveries that are not done with, and at those the desk gave up on within a day."""
    now = timezone.now()
    yield from waiting_findings(now)
    yield failed_finding(now)


def waiting_findings(now: datetime) -> Iterator[Finding]:
    """Judge the age of the oldest unfinished delivery, and tell of those that are tried again."""
    unfinished = Delivery.objects.filter(status__in=[DeliveryStatus.RECEIVED, DeliveryStatus.PROCESSING])
    told = unfinished.aggregate(
        many=Count("pk"), oldest=Min("received_at"), again=Count("pk", filter=Q(attempts__gt=1))
    )
    yield age_finding(told["many"], now - told["oldest"] if told["oldest"] else timedelta(0))
    if told["again"]:
        advice = "Look for `delivery … failed` in the worker's log; a delivery is given up after five attempts."
        yield warning(f"{told['again']} unfinished alert(s) have been tried more than once.", advice)


def age_finding(many: int, age: timedelta) -> Finding:
    """Judge the wait of the oldest of `many` unfinished deliveries."""
    found = f"{many} alert(s) wait, the oldest for {age.total_seconds():.0f} s."
    advice = "See that a worker and a beat live; alerts older than their bot's max_lag are kept and not traded."
    if age > STUCK:
        return error(found, advice)
    if age > SLOW:
        return warning(found, advice)
    return ok(found if many else "No alert waits.")


def failed_finding(now: datetime) -> Finding:
    """Count the deliveries of the last day that ended because the desk itself failed on them."""
    failed = Delivery.objects.filter(
        status=DeliveryStatus.REJECTED, code="INTERNAL", received_at__gte=now - LOOK_BACK
    ).count()
    if failed:
        advice = "Look for `delivery … failed` in the worker's log, and compare the accounts with what was asked."
        return warning(f"The desk failed on {failed} alert(s) within a day.", advice)
    return ok("The desk failed on no alert within a day.")
