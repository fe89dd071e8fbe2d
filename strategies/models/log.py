"""The log of what programs did and thought."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from accounts.models import User
from accounts.models.reach import ReachQuerySet


class LogEntryQuerySet(ReachQuerySet["LogEntry"]):
    """Reads entries, always from who asks."""

    def rows_of(self, user: User) -> models.Q:
        return models.Q(owner=user)


class LogEntry(models.Model):
    """What a program of the owner's did or found about a symbol, as it likes to put it. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="log_entries")
    symbol = models.CharField(max_length=64, db_index=True)
    action = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    analysis = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "log entries"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["owner", "-created_at"], name="log_of_owner")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.created_at:%Y-%m-%d %H:%M}"
