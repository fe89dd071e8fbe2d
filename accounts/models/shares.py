"""Shares: what an admin lets a user read beside their own."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

if TYPE_CHECKING:
    from accounts.models.users import User


class ShareQuerySet(models.QuerySet["Share"]):
    """Reads shares."""

    def ids_shown_to(self, user: "User", scope_type: "Share.Scope") -> models.QuerySet["Share", uuid.UUID]:
        """Return the ids of what is shared with `user`, for a subselect."""
        return self.filter(user=user, scope_type=scope_type).order_by().values_list("scope_id", flat=True)


class Share(models.Model):
    """`user` may read the account, group or bot `scope_id`; read-only whatever the role.

    Written by admins, deleted to take it back, never changed. No foreign key to the scope: groups and bots live in
    apps above; a share of what is gone matches nothing.
    """

    class Scope(models.TextChoices):
        ACCOUNT = "account"
        GROUP = "group"
        BOT = "bot"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shares")
    scope_type = models.CharField(max_length=10, choices=Scope)
    scope_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = ShareQuerySet.as_manager()
    history = HistoricalRecords(user_db_constraint=False)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (models.UniqueConstraint(fields=("user", "scope_type", "scope_id"), name="share_once"),)

    def __str__(self) -> str:
        return f"{self.scope_type} {self.scope_id} with {self.user}"
