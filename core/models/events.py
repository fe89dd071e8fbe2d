"""The outbox: what happened, stored in the transaction in which it happened, numbered when it is published."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Event(models.Model):
    """One message of one stream. Written by streams/outbox.py, numbered once by streams/relay.py, then never changed.

    `cursor` counts the published messages of all streams and `seq` those of one, both from 1 and without holes;
    both are absent until the relay has seen the row. A row of several `parts` goes out as so many messages, each with
    numbers of its own; the row has those of the last. `id` is the order of writing, which is not that of committing.
    """

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=64)
    message = models.JSONField(encoder=DjangoJSONEncoder)
    parts = models.PositiveSmallIntegerField(default=1)
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
