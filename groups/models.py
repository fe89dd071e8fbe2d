"""Groups of trading accounts, traded and limited together."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models

from accounts.models import Share, TradingAccount, User
from accounts.models.reach import ReachQuerySet


class AccountGroupQuerySet(ReachQuerySet["AccountGroup"]):
    """Reads groups, always from who asks. They are the admins': nobody else's own."""

    def rows_shown_to(self, user: User) -> models.Q:
        return models.Q(pk__in=Share.objects.ids_shown_to(user, Share.Scope.GROUP))

    def connectable_by(self, user: User) -> Self:
        """Groups that `user` may let a bot trade: those they may change, and those with only members of theirs."""
        theirs = TradingAccount.objects.writable_by(user)
        members, others = GroupMember.objects.all(), GroupMember.objects.exclude(account__in=theirs)
        only_theirs = models.Q(pk__in=members.values("group")) & ~models.Q(pk__in=others.values("group"))
        return self.filter(models.Q(pk__in=AccountGroup.objects.writable_by(user)) | only_theirs)


class AccountGroup(models.Model):
    """A named set of accounts. Made and changed by admins; membership through services/membership.py only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    accounts = models.ManyToManyField(TradingAccount, through="GroupMember", related_name="account_groups")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AccountGroupQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

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
