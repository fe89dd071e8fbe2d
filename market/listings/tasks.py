"""What a worker does with the coin listings by the clock. How often, an operator says: config/offered_schedules.py."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from market.listings.base import MOST_COINS
from market.services.coin_details import fetch_details
from market.services.listings import MOST_DELETED, ListingsDown, delete_old_history, sync_listings

logger = logging.getLogger(__name__)


class _Outage:
    """Says once that there is an outage, and once that it is over: without internet it is met every five minutes."""

    def __init__(self) -> None:
        self._is_on = False

    def begins(self, why: str) -> None:
        logger.log(logging.DEBUG if self._is_on else logging.WARNING, "%s", why)
        self._is_on = True

    def ends(self) -> None:
        if self._is_on:
            logger.warning("the coin listings are brought up to date again")
        self._is_on = False


_outage = _Outage()


@shared_task(name="market.listings.tasks.sync")
def sync(limit: int) -> None:
    """Bring the `limit` largest coins up to date; a limit that cannot be asked for is the nearest that can."""
    if not settings.LISTINGS_PROVIDERS:
        return
    try:
        report = sync_listings(min(max(limit, 1), MOST_COINS), clock=timezone.now)
    except ListingsDown as down:
        _outage.begins(down.message)
        return
    _outage.ends()
    logger.info("%s: %d coins written, %d rows skipped", report.provider, report.written, report.skipped)


@shared_task(name="market.listings.tasks.fetch_details")
def fetch_words(most: int) -> None:
    """Ask for description and website of up to `most` coins."""
    fetch_details(most, clock=timezone.now)


@shared_task(name="market.listings.tasks.forget_history")
def forget_history() -> None:
    """Delete what coins cost over a year ago."""
    now = timezone.now()
    while delete_old_history(now=now) == MOST_DELETED:
        continue
