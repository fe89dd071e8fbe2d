"""The platform's watchlist: which instruments somebody keeps an eye on."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from market.models.instruments import Instrument


class WatchlistEntry(models.Model):
    """One instrument on the one list of the platform: its prices are fetched as long as it stands there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, related_name="watched")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "watchlist entries"

    def __str__(self) -> str:
        return str(self.instrument_id)
