"""Keeping what a listing service tells about coins in words: a few coins at a time, the largest first, once a month."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from core.bulk import update_rows
from core.clock import Clock
from market.listings import WITH_DETAILS
from market.listings.answers import drop_answers
from market.listings.base import CoinDetails, DetailsProvider
from market.models import Coin
from market.sources.base import SourceDown, SourceRefused

logger = logging.getLogger(__name__)

ASKED_AGAIN_AFTER = timedelta(days=30)

_WRITTEN = ("description", "website", "image_url", "details_at")


def fetch_details(most: int, *, clock: Clock) -> int:
    """Ask about up to `most` coins, one after the other, and return of how many something was stored.

    Stops at the first that fails: the next turn goes on there. A coin that the service does not know counts as asked.
    """
    now = clock()
    names = [name for name in settings.LISTINGS_PROVIDERS if name in WITH_DETAILS]
    if not names:
        return 0
    provider = WITH_DETAILS[names[0]]
    rows = list(_asked(provider, _due(provider, now=now)[:most], now=now))
    with transaction.atomic():
        written = update_rows(Coin, rows, _WRITTEN)
        transaction.on_commit(drop_answers)
    return written


def _due(provider: DetailsProvider, *, now: datetime) -> QuerySet[Coin]:
    long_ago = Q(details_at=None) | Q(details_at__lt=now - ASKED_AGAIN_AFTER)
    of_provider = Coin.objects.filter(long_ago).exclude(**{provider.id_field: None})
    order = F("details_at").asc(nulls_first=True), F("rank").asc(nulls_last=True), "pk"
    return of_provider.order_by(*order)


def _asked(provider: DetailsProvider, coins: Iterable[Coin], *, now: datetime) -> Iterator[Coin]:
    for coin in coins:
        try:
            found = _details(provider, getattr(coin, provider.id_field))
        except SourceDown as down:
            logger.info("no details of %s: %s", provider.title, down.message)
            return
        if found is not None:
            coin.description, coin.website = found.description, found.website
            coin.image_url = coin.image_url or found.image_url
        coin.details_at = now
        yield coin


def _details(provider: DetailsProvider, provider_id: str) -> CoinDetails | None:
    """Return what is told about a coin, None where the service does not know it. Raises SourceDown."""
    try:
        return provider.details(provider_id)
    except SourceRefused as refused:
        if refused.http_status == 404:
            return None
        raise
