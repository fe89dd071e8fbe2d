"""Strategies, and the markets they are traded on."""

import uuid
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from accounts.models import User
from accounts.models.reach import ReachQuerySet
from market.intervals import Interval
from market.models import Instrument


class StrategyQuerySet(ReachQuerySet["Strategy"]):
    """Reads strategies, always from who asks."""

    def rows_of(self, user: User) -> models.Q:
        return models.Q(owner=user)

    def living(self) -> Self:
        """Strategies that are not deleted."""
        return self.filter(deleted_at=None)


class Strategy(models.Model):
    """A rule with its parameters, under a name of somebody's.

    `rule` is a name of the catalogue, empty where the strategy is only a name, decided on elsewhere; `parameters` are
    whole: those that nobody gave stand there with their defaults, so that a change of defaults changes no strategy.
    `slug` is made from the name, once among the owner's living. Never deleted: `deleted_at` hides the row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="strategies")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=120)
    description = models.CharField(max_length=2000, blank=True)
    rule = models.CharField(max_length=64, blank=True, db_index=True)
    parameters = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = StrategyQuerySet.as_manager()
    history = HistoricalRecords(user_db_constraint=False)

    class Meta:
        verbose_name_plural = "strategies"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "slug"],
                condition=models.Q(deleted_at=None),
                name="strategy_slug_once_among_the_living",
            )
        ]

    def __str__(self) -> str:
        return self.name


class TradeStrategyQuerySet(ReachQuerySet["TradeStrategy"]):
    """Reads trade strategies, always from who asks."""

    def rows_of(self, user: User) -> models.Q:
        return models.Q(owner=user)

    def living(self) -> Self:
        """Trade strategies that are not deleted."""
        return self.filter(deleted_at=None)


class TradeStrategy(models.Model):
    """A strategy is traded on this instrument's candles of this interval. Never deleted: `deleted_at` hides it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trade_strategies")
    strategy = models.ForeignKey(Strategy, on_delete=models.PROTECT, related_name="trade_strategies")
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="+")
    interval = models.CharField(max_length=3, choices=Interval)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TradeStrategyQuerySet.as_manager()
    history = HistoricalRecords(user_db_constraint=False)

    class Meta:
        verbose_name_plural = "trade strategies"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "strategy", "instrument", "interval"],
                condition=models.Q(deleted_at=None),
                name="trade_strategy_once_among_the_living",
            )
        ]

    def __str__(self) -> str:
        return f"{self.strategy} on {self.instrument} {self.interval}"
