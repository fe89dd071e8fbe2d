"""Trading accounts: whose money, where it trades, how much there is."""

import secrets
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models.reach import ReachQuerySet
from accounts.models.shares import Share
from accounts.models.users import User
from core.fields import MoneyField

PAPER = "paper"


def new_seed() -> int:
    """Return the seed that an account's simulated slippage is drawn from."""
    return secrets.randbelow(2**31)


class TradingAccountQuerySet(ReachQuerySet["TradingAccount"]):
    """Reads accounts, always from who asks."""

    def rows_of(self, user: User) -> models.Q:
        return models.Q(owner=user)

    def rows_shown_to(self, user: User) -> models.Q:
        """Accounts that are shared themselves: a group's or a bot's share shows nothing of an account."""
        return models.Q(pk__in=Share.objects.ids_shown_to(user, Share.Scope.ACCOUNT))

    def living(self) -> Self:
        """Accounts that are not deleted."""
        return self.filter(deleted_at=None)

    def locked(self) -> Self:
        """Lock the rows, in the one order that every writer uses."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")


class TradingAccount(models.Model):
    """One account on one venue, of one owner.

    `balance` is cash in `currency`, signed; it moves only together with a Transfer (services/ledger.py), under a
    lock of this row, as do `net_deposits` (all deposits less all withdrawals) and `transfers_count`, which numbers the
    account's transfers. Never deleted: `deleted_at` hides it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trading_accounts")
    name = models.CharField(max_length=100)
    exchange = models.CharField(max_length=40, default=PAPER)
    currency = models.CharField(max_length=12, default="USDT")
    balance = MoneyField(default=0, editable=False)
    net_deposits = MoneyField(default=0, editable=False)
    transfers_count = models.PositiveBigIntegerField(default=0, editable=False)
    max_leverage = models.PositiveSmallIntegerField(default=100)
    max_daily_loss = MoneyField(null=True, blank=True)
    is_demo = models.BooleanField(default=True)
    is_testnet = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    seed = models.PositiveBigIntegerField(default=new_seed, editable=False)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TradingAccountQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=("balance", "net_deposits", "transfers_count"), user_db_constraint=False
    )

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_leverage__gte=1, max_leverage__lte=100), name="account_leverage_1_to_100"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """Its name, and whose it is: everybody's first one has the same name. Reads the owner."""
        return f"{self.name} · {self.owner}"

    @property
    def is_paper(self) -> bool:
        return self.exchange == PAPER
