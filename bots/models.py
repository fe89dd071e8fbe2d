"""Bots, their webhook keys, their connections, and what their strategies decided."""

import uuid
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import Share, TradingAccount, User
from accounts.models.reach import ReachQuerySet
from bots.config import BotConfig
from core.leases import Leased
from groups.models import AccountGroup
from market.intervals import Interval
from strategies.models import Strategy
from trading.models import Signal


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


# What no history keeps.
_KEYS = ("sealed_key", "key_hash", "previous_sealed_key", "previous_key_hash", "previous_key_until")


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
    BotConfig. The webhook key is sealed; its SHA-256 finds the bot. After a rotation the previous key works until
    `previous_key_until`. `started_at` is when it last became active.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bots")
    name = models.CharField(max_length=100)
    status = models.CharField(max_length=8, choices=BotStatus, default=BotStatus.INACTIVE)
    strategy = models.ForeignKey(Strategy, null=True, blank=True, on_delete=models.PROTECT, related_name="bots")
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
    started_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = BotQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=_KEYS, user_db_constraint=False)

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


class DecisionCode(models.TextChoices):
    """Why a candle's decision sent no signal; the code of a rule that failed, or of a signal refused, is its own.

    `unchanged`: the target is what it was. `missed`: the desk was away, a later candle is acted on. `stale`: the target
    changed and it was too late to follow. `no_candles`: the candles until then could not be had in time.
    """

    UNCHANGED = "UNCHANGED"
    MISSED = "MISSED"
    STALE = "STALE"
    NO_CANDLES = "NO_CANDLES"


class BotDecision(Leased):
    """What a bot's strategy decided at the close of one candle, once; made by services/deciding.py, written by
    services/decisions.py.

    `target` is the position wanted from then on, from -1 to 1 of the bot's size, None where nothing told it.
    `is_made` says that the bot stands by it: the next target in its market is compared with the newest one made there.
    `signal` is absent where there was nothing to do, `code` and `reason` say why. `candle`, `rule` and `parameters`
    are what was decided on. `settled_at` is when its signal was through; until then a worker holds it by the lease.
    Nothing else ever changes.
    """

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="decisions")
    symbol = models.CharField(max_length=64)
    interval = models.CharField(max_length=3, choices=Interval)
    opened_at = models.DateTimeField(help_text="When the candle opened.")
    rule = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    candle = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    target = models.FloatField(null=True)
    is_made = models.BooleanField(default=False)
    signal = models.OneToOneField(Signal, null=True, on_delete=models.PROTECT, related_name="decision")
    code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["bot", "interval", "opened_at"], name="bot_decides_once_a_candle"),
        ]
        indexes = [
            models.Index(fields=["bot", "-opened_at", "-id"], name="decision_newest"),
            models.Index(fields=["bot", "-id"], condition=models.Q(is_made=True), name="decision_made"),
            models.Index(fields=["bot"], condition=models.Q(settled_at=None), name="decision_unsettled"),
        ]

    def __str__(self) -> str:
        return f"{self.bot} {self.opened_at:%Y-%m-%d %H:%M}"
