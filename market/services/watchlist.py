"""Putting instruments on the platform's watchlist and taking them off."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from core.errors import Conflict, Missing
from market.models import Instrument, WatchlistEntry


class WatchedAlready(Conflict):
    """The instrument stands on the list."""

    code = "ALREADY_WATCHED"


def watch(instrument: Instrument, *, added_by: User, now: datetime) -> WatchlistEntry:
    """Put an instrument on the list: from its next round on the feed fetches its prices. Raises WatchedAlready."""
    try:
        with transaction.atomic():
            return WatchlistEntry.objects.create(instrument=instrument, added_by=added_by, created_at=now)
    except IntegrityError as error:
        raise WatchedAlready(f"{instrument.symbol} is on the watchlist already.") from error


def stop_watching(instrument: Instrument) -> None:
    """Take an instrument off the list, whoever added it. Raises Missing where it does not stand there."""
    if not WatchlistEntry.objects.filter(instrument=instrument).delete()[0]:
        raise Missing(f"{instrument.symbol} is not on the watchlist.")
