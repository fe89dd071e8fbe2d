"""What trading does by the clock."""

from celery import shared_task
from django.utils import timezone

from trading.services.equity import keep_hourly_equity


@shared_task(name="trading.tasks.keep_hourly_equity")
def keep_equity_of_the_hour() -> int:
    """Write what every account is worth at the whole hour; return how many points were written."""
    return keep_hourly_equity(timezone.now())
