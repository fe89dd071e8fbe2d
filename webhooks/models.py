"""Deliveries: every alert whose sender was proved, as it came."""

import uuid

from django.db import models

from accounts.models import User
from accounts.models.reach import ReachQuerySet
from bots.models import Bot
from core.leases import Leased


class DeliveryStatus(models.TextChoices):
    """`received` waits for a worker; `processing` is in one's hands until `lease_until`."""

    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


class Proof(models.TextChoices):
    """How the sender was proved."""

    URL_KEY = "url_key"
    BODY_SECRET = "body_secret"  # noqa: S105 - a name
    SIGNATURE = "signature"


class DeliveryQuerySet(ReachQuerySet["Delivery"]):
    """Reads deliveries, always from who asks."""

    def rows_shown_to(self, user: User) -> models.Q:
        """Deliveries of the bots that `user` may read; they are nobody's to change."""
        return models.Q(bot__in=Bot.objects.visible_to(user))


class Delivery(Leased):
    """One request to the webhook. Its `correlation_id` is the id of the signal it becomes.

    `id` grows in arrival order within a bot. `body` holds the bytes as received, secrets struck out; `body_sha256`
    is of the bytes as received. `answered_at` is when the answer was out; null until then, where the sender had gone,
    and after a 400. Written by services/inbox.py; only the status, its reason, the lease and the moments change.
    """

    id = models.BigAutoField(primary_key=True)
    correlation_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="deliveries")
    received_at = models.DateTimeField(db_index=True)
    address = models.GenericIPAddressField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    proof = models.CharField(max_length=12, choices=Proof)
    body = models.BinaryField()
    body_sha256 = models.CharField(max_length=64)
    alert_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=DeliveryStatus, default=DeliveryStatus.RECEIVED)
    code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")
    finished_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["bot", "alert_id"],
                condition=~models.Q(alert_id="") & models.Q(duplicate_of=None),
                name="alert_id_taken_once_per_bot",
            )
        ]
        indexes = [
            models.Index(fields=["bot", "body_sha256", "-received_at"], name="delivery_by_body"),
            models.Index(
                fields=["bot", "id"],
                condition=models.Q(status__in=[DeliveryStatus.RECEIVED, DeliveryStatus.PROCESSING]),
                name="delivery_still_to_do",
            ),
        ]

    def __str__(self) -> str:
        return str(self.correlation_id)
