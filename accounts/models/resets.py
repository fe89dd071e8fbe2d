"""Asking for a new password: what a request leaves behind, whether or not anybody has the address."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models

MOST_ATTEMPTS = 5


class PasswordResetRequestQuerySet(models.QuerySet["PasswordResetRequest"]):
    """Reads requests."""

    def due(self, now: datetime) -> Self:
        """Requests that a worker may take up now."""
        return self.filter(done_at=None, attempts__lt=MOST_ATTEMPTS, next_attempt_at__lte=now)


class PasswordResetRequest(models.Model):
    """Somebody asked for a new password for this address, folded as users' are; it may be nobody's.

    Written by services/password_resets.py and deleted after a day. A worker counts `attempts` up and moves
    `next_attempt_at` before it tries; `done_at` says that the mail is out, or that there was none to send.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.CharField("e-mail", max_length=300)
    asked_at = models.DateTimeField(db_index=True)
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = PasswordResetRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at", "id")
        indexes = (
            models.Index(fields=["next_attempt_at"], condition=models.Q(done_at=None), name="reset_request_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.email} at {self.asked_at:%Y-%m-%d %H:%M}"
