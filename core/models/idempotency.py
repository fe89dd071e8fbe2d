"""The keys of requests that may be sent again, with their first answers."""

import uuid

from django.db import models


class IdempotencyKey(models.Model):
    """A request that somebody may send again, and its first answer. Written by idempotency.py, kept for a day.

    One row per person and key; `operation` is the action it was for. `status` is absent while the work is under way
    outside this database, on the row `resource_id`; once it and `answer` are there, nothing changes any more. `user_id`
    is no foreign key: people live in an app above this one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField()
    operation = models.CharField(max_length=255, help_text="the action: view and method")
    key = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    resource_id = models.UUIDField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="JSON")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "key"], name="idempotency_key_once_per_person"),
            models.CheckConstraint(
                condition=models.Q(status=None, resource_id__isnull=False, answer="") | models.Q(status__isnull=False),
                name="idempotency_key_is_finished_or_names_its_row",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
