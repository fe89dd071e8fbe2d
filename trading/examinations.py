"""Examines the road: signals that do not end, orders of which nobody knows what the venue made of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from core.examinations import Finding, error, ok, warning
from trading.models import Order, OrderStatus, Signal, SignalStatus

TOO_LONG = timedelta(minutes=2)


def examine_road() -> Iterator[Finding]:
    """Look at signals and orders that are under way now."""
    now = timezone.now()
    yield signals_finding(now)
    yield orders_finding(now)


def signals_finding(now: datetime) -> Finding:
    """Count the signals that have run longer than TOO_LONG."""
    late = Signal.objects.filter(status=SignalStatus.PROCESSING, received_at__lt=now - TOO_LONG)
    many = late.count()
    if not many:
        return ok("No signal runs for longer than two minutes.")
    oldest = late.earliest("received_at")
    return error(
        f"{many} signal(s) have run for longer than two minutes, the oldest, {oldest.pk}, since {_at(oldest)}.",
        "See that a worker lives; the log holds why the signal stopped; it goes on where it stopped.",
    )


def orders_finding(now: datetime) -> Finding:
    """Count the orders that are `submitting` or `unknown`; after TOO_LONG a person has to look."""
    open_questions = Order.objects.filter(status__in=[OrderStatus.SUBMITTING, OrderStatus.UNKNOWN])
    many, late = open_questions.count(), open_questions.filter(updated_at__lt=now - TOO_LONG).count()
    found = f"{many} order(s) are submitting or unknown, {late} of them for longer than two minutes."
    advice = "Compare them with the venue's own list before anything else is traded on their accounts."
    if late:
        return error(found, advice)
    if many:
        return warning(found, "Look again in two minutes.")
    return ok("No order is submitting or unknown.")


def _at(signal: Signal) -> str:
    return f"{signal.received_at:%Y-%m-%d %H:%M:%S} UTC"
