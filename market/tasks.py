"""What workers do for the market by the clock, and when a symbol is unknown."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from core.tasks import nudge_worker
from market.services.instruments import refresh_venues


@shared_task(name="market.tasks.refresh_instruments")
def refresh_instruments() -> None:
    """Follow the lists that were last read an hour ago, or never: at the first start, and once a venue is back."""
    refresh_venues(read_before=timezone.now() - timedelta(hours=1), clock=timezone.now)


@shared_task(name="market.tasks.look_for_new_instruments")
def look_for_new_instruments() -> None:
    """Follow the lists that were not read within the last minute: somebody named a symbol that nothing has."""
    refresh_venues(read_before=timezone.now() - timedelta(minutes=1), clock=timezone.now)


def ask_for_new_instruments() -> None:
    """Have a worker do that."""
    nudge_worker(look_for_new_instruments)
