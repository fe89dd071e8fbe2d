"""The outbox: what happened, stored in the transaction in which it happened, numbered when it is published.

And the keys of requests that may be sent again, with their first answers.
"""

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Event(models.Model):
    """One message of one stream. Written by streams/outbox.py, numbered once by streams/relay.py, then never changed.

    `cursor` counts the published messages of all streams and `seq` those of one, both from 1 and without holes;
    both are absent until the relay has seen the row. `id` is the order of writing, which is not that of committing.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    message = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    cursor = models.BigIntegerField(null=True, unique=True)
    seq = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="event_seq_once_per_stream")]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(cursor=None), name="event_not_published"),
            models.Index(fields=["stream", "cursor"], name="event_by_stream"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.seq}"


class Stream(models.Model):
    """The last number given in a stream. The row named EVERYTHING holds the last cursor; its lock is the relay's."""

    EVERYTHING = "*"

    name = models.CharField(primary_key=True, max_length=64)
    last_seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """A request that somebody may send again, and its first answer. Written by idempotency.py, kept for a day.

    One row per person, operation and key. `status` is absent while the work is under way outside this database, on
    the row `resource_id`; once it and `answer` are there, nothing changes any more. `user_id` is no foreign key:
    people live in an app above this one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField()
    operation = models.CharField(max_length=255, help_text="method and path")
    key = models.CharField(max_length=255)
    body_sha256 = models.CharField(max_length=64)
    resource_id = models.UUIDField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="JSON")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "operation", "key"], name="idempotency_key_once_per_operation"),
            models.CheckConstraint(
                condition=models.Q(status=None, resource_id__isnull=False, answer="") | models.Q(status__isnull=False),
                name="idempotency_key_is_finished_or_names_its_row",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"
