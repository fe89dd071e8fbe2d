"""Sessions: one device that is logged in, until it logs out, is put out, or stays away too long."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models.reach import ReachQuerySet
from accounts.models.users import User


class EndReason(models.TextChoices):
    """Why a session is over."""

    LOGOUT = "logout"
    REFRESH_REUSED = "refresh_reused", "refresh token used twice"
    TERMINATED = "terminated"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a reason, not a password)
    SHUT_OUT = "shut_out"
    REPLACED = "replaced", "replaced by a login of the same device"


class UserSessionQuerySet(ReachQuerySet["UserSession"]):
    """Reads sessions: one's own, for an admin anybody's."""

    def rows_of(self, user: User) -> models.Q:
        return models.Q(user=user)

    def alive(self, now: datetime) -> Self:
        """Sessions that let their user in: not ended, not run out, the user active. Their users come along."""
        return self.filter(ended_at=None, expires_at__gt=now, user__is_active=True).select_related("user")


class UserSession(models.Model):
    """One login of one user on one device. Its id is the `sid` claim of the session's tokens.

    The pages have no tokens: a browser's signed cookie holds the id, there is no `refresh_hash` then.
    `refresh_hash` is the SHA-256 of the `jti` of the one refresh token that is good now; each refresh changes it
    and moves `last_seen_at` and `expires_at`. `previous_refresh_hash` is that of the token before it, `refreshed_at`
    the moment at which its replacement was answered, some seconds ahead until then: they tell who came too late
    from who shows a spent token.
    `ip_address` and `user_agent` are what the server saw at login, `device_info` what the device said of itself.
    Written by services/sessions.py; once ended, never changed, and deleted after SESSION_RETENTION.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    refresh_hash = models.CharField(max_length=64, blank=True)
    previous_refresh_hash = models.CharField(max_length=64, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    device_info = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True)

    objects = UserSessionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="") | models.Q(ended_at__isnull=False, end_reason__gt=""),
                name="session_end_has_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} from {self.ip_address or 'unknown'}"
