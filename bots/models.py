"""Bots, their webhook keys, their connections."""

import uuid
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models import Share, TradingAccount, User
from accounts.models.reach import ReachQuerySet
from bots.config import BotConfig
from groups.models import AccountGroup
from market.intervals import Interval


class BotStatus(models.TextChoices):
    INACTIVE = "inactive"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


ALLOWED_CHANGES: dict[BotStatus, set[BotStatus]] = {
    BotStatus.INACTIVE: {BotStatus.ACTIVE},
    BotStatus.ACTIVE: {BotStatus.PAUSED, BotStatus.STOPPED},
    BotStatus.PAUSED: {BotStatus.ACTIVE, BotStatus.STOPPED},
    BotStatus.STOPPED: {BotStatus.ACTIVE},
}


class BotQuerySet(ReachQuerySet["Bot"]):
    """Reads bots, always from who asks."""

    def rows_of(self, user: User) -> models.Q:
        return models.Q(owner=user)

    def rows_shown_to(self, user: User) -> models.Q:
        return models.Q(pk__in=Share.objects.ids_shown_to(user, Share.Scope.BOT))

    def living(self) -> Self:
        """Bots that are not deleted."""
        return self.filter(deleted_at=None)


class Bot(models.Model):
    """One bot trades one base coin on the accounts that it is connected to.

    `symbol` is the instrument it was made for; alerts name their own, of the same coin. `config` is read through
    BotConfig. The webhook key is sealed;
    its SHA-256 finds the bot. After a rotation the previous key works until `previous_key_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bots")
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=8, choices=BotStatus, default=BotStatus.INACTIVE)
    strategy_id = models.UUIDField(null=True, blank=True)
    exchange = models.CharField(max_length=40, default="paper")
    symbol = models.CharField(max_length=64)
    base_name = models.CharField(max_length=20)
    timeframe = models.CharField(max_length=3, choices=Interval, default=Interval.H1)
    config = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    sealed_key = models.CharField(max_length=300, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    previous_sealed_key = models.CharField(max_length=300, blank=True, editable=False)
    previous_key_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    previous_key_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = BotQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def settings(self) -> BotConfig:
        """The bot's settings, read from `config`. Raises Invalid where somebody wrote nonsense past the doors."""
        return BotConfig.from_json(self.config)


class BotConnection(models.Model):
    """A bot trades this account, or the members of this group: exactly one of the two is set."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="connections")
    account = models.ForeignKey(TradingAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(AccountGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    connected_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["connected_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["bot", "account"], name="bot_account_once"),
            models.UniqueConstraint(fields=["bot", "group"], name="bot_group_once"),
            models.CheckConstraint(
                condition=models.Q(account=None, group__isnull=False) | models.Q(account__isnull=False, group=None),
                name="bot_connection_is_account_or_group",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bot} on {self.account or self.group}"
