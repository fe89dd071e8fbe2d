"""What trading does by the clock."""

from celery import shared_task
from django.utils import timezone

from trading.services.equity import keep_hourly_equity
from trading.services.funding import book_fundings
from trading.services.margins import sweep_margins


@shared_task(name="trading.tasks.keep_hourly_equity")
def keep_equity_of_the_hour() -> int:
    """Write what every account is worth at the whole hour; return how many points were written."""
    return keep_hourly_equity(timezone.now())


@shared_task(name="trading.tasks.book_fundings")
def book_due_fundings() -> int:
    """Book the fundings that are due; return how many."""
    return book_fundings(clock=timezone.now)


@shared_task(name="trading.tasks.sweep_margins")
def sweep_all_margins() -> int:
    """Close out what is below its maintenance margin and was not noticed by the prices; return how many accounts."""
    return sweep_margins(clock=timezone.now)
