"""Coins as the listing services tell of them, and what they cost before.

Figures are floats: they are somebody else's estimates for people to read, in no book of this desk; a float keeps
every digit that the services send.
"""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

STALE_AFTER = timedelta(hours=2)


class Coin(models.Model):
    """One coin. Written by `market.services.listings` only; a figure that no service gave is empty.

    A service knows a coin by its own id. Symbols are shared by coins: of those the highest ranked is meant.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    symbol = models.CharField(max_length=64, db_index=True, help_text="In capitals.")
    name = models.CharField(max_length=128)
    slug = models.CharField(max_length=128, db_index=True)
    coingecko_id = models.CharField(max_length=128, null=True, blank=True, unique=True)
    coinmarketcap_id = models.CharField(max_length=32, null=True, blank=True, unique=True)
    provider = models.CharField(max_length=16, help_text="Which service the figures are from.")
    rank = models.PositiveIntegerField(null=True, blank=True, db_index=True, help_text="By market capitalisation.")
    price = models.FloatField(null=True, blank=True, help_text="In USD, as all money here.")
    market_cap = models.FloatField(null=True, blank=True)
    fully_diluted_market_cap = models.FloatField(null=True, blank=True)
    volume_24h = models.FloatField(null=True, blank=True)
    high_24h = models.FloatField(null=True, blank=True)
    low_24h = models.FloatField(null=True, blank=True)
    change_1h_percent = models.FloatField(null=True, blank=True)
    change_24h_percent = models.FloatField(null=True, blank=True)
    change_7d_percent = models.FloatField(null=True, blank=True)
    circulating_supply = models.FloatField(null=True, blank=True)
    total_supply = models.FloatField(null=True, blank=True)
    max_supply = models.FloatField(null=True, blank=True)
    ath = models.FloatField(null=True, blank=True, help_text="All-time high.")
    ath_at = models.DateTimeField(null=True, blank=True)
    atl = models.FloatField(null=True, blank=True, help_text="All-time low.")
    atl_at = models.DateTimeField(null=True, blank=True)
    description = models.TextField(blank=True)
    website = models.URLField(max_length=500, blank=True)
    image_url = models.URLField(max_length=500, blank=True)
    provider_updated_at = models.DateTimeField(null=True, blank=True)
    details_at = models.DateTimeField(null=True, blank=True, help_text="When description and website were asked for.")
    synced_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        permissions = [("sync_coin", "Can have the listing services asked")]

    def __str__(self) -> str:
        return self.symbol

    def is_stale(self, *, now: datetime) -> bool:
        """Say whether no sync has told of it for so long that two must have failed."""
        return now - self.synced_at > STALE_AFTER


class CoinSnapshot(models.Model):
    """What one coin cost at one moment. Written by a sync, never changed, deleted after a year."""

    id = models.BigAutoField(primary_key=True)
    coin = models.ForeignKey(Coin, on_delete=models.CASCADE, related_name="history")
    at = models.DateTimeField(db_index=True)
    provider = models.CharField(max_length=16)
    price = models.FloatField()
    market_cap = models.FloatField(null=True)
    volume_24h = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["coin", "at"], name="coin_snapshot_once")]

    def __str__(self) -> str:
        return f"{self.coin_id} at {self.at}"
