"""What workers do for the market by the clock, and when a symbol is unknown."""

from celery import shared_task
from django.utils import timezone

from market.services.instruments import refresh_venues, refresh_venues_not_read_lately


@shared_task(name="market.tasks.refresh_instruments")
def refresh_instruments() -> None:
    """Follow the lists of the venues that are in use."""
    refresh_venues(clock=timezone.now)


@shared_task(name="market.tasks.look_for_new_instruments")
def look_for_new_instruments() -> None:
    """Follow the lists that were not read within the last minute: somebody named a symbol that nothing has."""
    refresh_venues_not_read_lately(clock=timezone.now)
