"""Groups of trading accounts, traded and limited together."""

import uuid
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import Share, TradingAccount, User
from accounts.models.reach import ReachQuerySet
from core.fields import MoneyField

MORE_THAN_NOTHING = MinValueValidator(Decimal("0.00000001"))
AT_MOST_ALL = MaxValueValidator(Decimal(100))
HIGHEST_TARGET = Decimal(10_000)


class AccountGroupQuerySet(ReachQuerySet["AccountGroup"]):
    """Reads groups, always from who asks. They are the admins': nobody else's own."""

    def rows_shown_to(self, user: User) -> models.Q:
        return models.Q(pk__in=Share.objects.ids_shown_to(user, Share.Scope.GROUP))

    def living(self) -> Self:
        """Groups that are not deleted."""
        return self.filter(deleted_at=None)

    def connectable_by(self, user: User) -> Self:
        """Groups that `user` may let a bot trade: those they may change, and those with only members of theirs."""
        theirs = TradingAccount.objects.writable_by(user)
        members, others = GroupMember.objects.all(), GroupMember.objects.exclude(account__in=theirs)
        only_theirs = models.Q(pk__in=members.values("group")) & ~models.Q(pk__in=others.values("group"))
        return self.living().filter(models.Q(pk__in=AccountGroup.objects.writable_by(user)) | only_theirs)


class AccountGroup(models.Model):
    """A named set of accounts. Made and changed by admins; membership through services/membership.py only.

    The percents are more than 0, or absent. Each stands for a limit that services/limits.py keeps in step; with
    `flatten_on_breach` a loss beyond one closes all positions before the group is halted. Never deleted:
    `deleted_at` hides the row, whose name is free again, for what was done in its name.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=500, blank=True)
    max_drawdown_percent = MoneyField(null=True, blank=True, validators=[MORE_THAN_NOTHING, AT_MOST_ALL])
    risk_limit_percent = MoneyField(null=True, blank=True, validators=[MORE_THAN_NOTHING, AT_MOST_ALL])
    target_monthly_roi_percent = MoneyField(
        null=True, blank=True, validators=[MORE_THAN_NOTHING, MaxValueValidator(HIGHEST_TARGET)]
    )
    flatten_on_breach = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    accounts = models.ManyToManyField(TradingAccount, through="GroupMember", related_name="account_groups")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AccountGroupQuerySet.as_manager()
    history = HistoricalRecords(user_db_constraint=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(deleted_at=None), name="group_name_once_among_the_living"
            )
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """`account` is a member of `group`."""

    group = models.ForeignKey(AccountGroup, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(TradingAccount, on_delete=models.PROTECT, related_name="memberships")
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["joined_at"]
        constraints = [models.UniqueConstraint(fields=["group", "account"], name="group_member_once")]

    def __str__(self) -> str:
        return f"{self.account} in {self.group}"
