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
from webhooks.reading.parsing import Unreadable, read_alert, refuse_mended
from webhooks.secrets import strike_out
from webhooks.senders import Sender


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None
    content_type: str


def take(raw: bytes, *, sender: Sender, origin: Origin, now: datetime) -> Delivery:
    """Store an alert and return its delivery: `received`, `rejected` where it cannot be read, or `duplicate`.

    The same alert_id, ever, or the same bytes within the window, is a duplicate of the first. What has a first is
    stored without waiting for anybody; what has none yet waits for the bot's row, so that of many at once exactly one
    is the first, and ids grow in arrival order.
    """
    digest, kept = hashlib.sha256(raw).hexdigest(), _struck(raw, sender.secrets)
    reading = _read(raw, kept)
    delivery = Delivery(
        bot=sender.bot,
        received_at=now,
        address=origin.address,
        content_type=strike_out(origin.content_type.encode(), sender.secrets).decode()[:100],
        proof=sender.proof,
        body=kept,
        body_sha256=digest,
        alert_id=reading.alert_id,
        status=reading.status,
        code=reading.code,
        reason=reading.reason[:300],
        finished_at=now if reading.code else None,
    )
    if (first := _first(delivery)) is None:
        with transaction.atomic():
            Bot.objects.select_for_update(no_key=True).get(pk=sender.bot.pk)
            if (first := _first(delivery)) is None:
                delivery.save(force_insert=True)
                return delivery
    return _stored_as_duplicate(delivery, first)


def note_answer(delivery: Delivery, *, now: datetime) -> None:
    """Keep when the sender was answered."""
    Delivery.objects.filter(pk=delivery.pk).update(answered_at=now)


def alert_of(raw: bytes, *, secrets: tuple[str, ...]) -> Alert:
    """Return the alert that `take` would read in these bytes; stores nothing. Raises Unreadable."""
    return _alert(raw, _struck(raw, secrets))


@dataclass(frozen=True, slots=True)
class _Reading:
    status: DeliveryStatus
    alert_id: str = ""
    code: str = ""
    reason: str = ""


def _struck(raw: bytes, secrets: tuple[str, ...]) -> bytes:
    """Return the bytes without secrets. One that is spelled with NULs between, as in UTF-16, goes with all NULs."""
    bare = raw.replace(b"\x00", b"")
    hides = bare != raw and any(secret.encode() in bare for secret in secrets)
    return strike_out(bare if hides else raw, secrets)


def _read(raw: bytes, kept: bytes) -> _Reading:
    """Read what is kept, as the worker will: one reading, and no secret in its reason or its alert_id."""
    try:
        alert = _alert(raw, kept)
    except Unreadable as unreadable:
        return _Reading(DeliveryStatus.REJECTED, code=unreadable.code, reason=unreadable.message)
    return _Reading(DeliveryStatus.RECEIVED, alert_id=alert.alert_id or "")


def _alert(raw: bytes, kept: bytes) -> Alert:
    text = read_text(raw)
    alert: Alert = read_alert(kept)
    refuse_mended(text)
    return alert


def _first(delivery: Delivery) -> Delivery | None:
    originals = Delivery.objects.filter(bot=delivery.bot_id, duplicate_of=None).order_by("id")
    if delivery.alert_id:
        return originals.filter(alert_id=delivery.alert_id).first()
    since = delivery.received_at - timedelta(seconds=settings.WEBHOOK_DUPLICATE_SECONDS)
    return originals.filter(body_sha256=delivery.body_sha256, received_at__gte=since).last()


def _stored_as_duplicate(delivery: Delivery, first: Delivery) -> Delivery:
    delivery.status, delivery.code, delivery.reason = DeliveryStatus.DUPLICATE, "DUPLICATE", ""
    delivery.duplicate_of, delivery.finished_at = first, delivery.received_at
    delivery.save(force_insert=True)
    return delivery
