"""Takes an alert whose sender is proved: reads it, stores it, says whether it came before."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from bots.models import Bot
from webhooks.models import Delivery, DeliveryStatus
from webhooks.reading.alerts import Alert
from webhooks.reading.json_alert import read_text
from webhooks.reading.parsing import Unreadable, read_alert
from webhooks.secrets import strike_out
from webhooks.senders import Sender


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None
    content_type: str


def take(raw: bytes, *, sender: Sender, origin: Origin, now: datetime) -> Delivery:
    """Store an alert and return its delivery: `received`, `rejected` where it cannot be read, or `duplicate`.

    The same alert_id, ever, or the same bytes within the window, is a duplicate of the first. The bot's row is
    locked, so that of many at once exactly one is the first, and ids grow in arrival order.
    """
    digest, kept = hashlib.sha256(raw).hexdigest(), strike_out(raw, sender.secrets)
    reading = _read(raw, kept)
    with transaction.atomic():
        Bot.objects.select_for_update(no_key=True).get(pk=sender.bot.pk)
        first = _first(sender.bot, alert_id=reading.alert_id, digest=digest, now=now)
        return Delivery.objects.create(
            bot=sender.bot,
            received_at=now,
            address=origin.address,
            content_type=origin.content_type[:100],
            proof=sender.proof,
            body=kept,
            body_sha256=digest,
            alert_id=reading.alert_id,
            status=DeliveryStatus.DUPLICATE if first else reading.status,
            code="DUPLICATE" if first else reading.code,
            reason="" if first else reading.reason[:300],
            duplicate_of=first,
            finished_at=now if first or reading.code else None,
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    status: DeliveryStatus
    alert_id: str = ""
    code: str = ""
    reason: str = ""


def _read(raw: bytes, kept: bytes) -> _Reading:
    """Read what is kept, as the worker will: one reading, and no secret in its reason or its alert_id."""
    try:
        read_text(raw)
        alert: Alert = read_alert(kept)
    except Unreadable as unreadable:
        return _Reading(DeliveryStatus.REJECTED, code=unreadable.code, reason=unreadable.message)
    return _Reading(DeliveryStatus.RECEIVED, alert_id=alert.alert_id or "")


def _first(bot: Bot, *, alert_id: str, digest: str, now: datetime) -> Delivery | None:
    originals = Delivery.objects.filter(bot=bot, duplicate_of=None).order_by("id")
    if alert_id:
        return originals.filter(alert_id=alert_id).first()
    window = timedelta(seconds=settings.WEBHOOK_DUPLICATE_SECONDS)
    return originals.filter(body_sha256=digest, received_at__gte=now - window).last()
