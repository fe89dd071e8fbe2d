"""Hands stored alerts to their bot, one bot's in arrival order. Running it twice, or after a crash, doubles nothing.

A worker holds a delivery by its lease, which it renews as long as it lives, and fences what it writes by the number of
its attempt: one whose lease ran out meanwhile changes nothing any more.
"""

import logging
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from bots.models import Bot
from bots.services.alerts import Asked, signal_from_alert
from core.clock import Clock
from core.leases import renewed
from core.waiting import announce
from trading.models import SignalStatus
from trading.services.signals import give_up, run_signal
from webhooks.models import Delivery, DeliveryStatus
from webhooks.reading.alerts import Alert
from webhooks.reading.parsing import Unreadable, read_alert

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=9)
RENEW_SECONDS = 3
MOST_ATTEMPTS = 5
LAST_ATTEMPT = 20


def work_inbox(bot_id: UUID, *, clock: Clock) -> int:
    """Handle the bot's waiting deliveries in arrival order; return how many. Another worker at it means none."""
    handled = 0
    while (delivery := _claim(bot_id, clock())) is not None:
        if not _handle(delivery, clock=clock):
            break
        handled += 1
    return handled


def release_all() -> int:
    """Free what workers hold; return how many. For the start of a desk that is the only process there is."""
    return Delivery.objects.filter(status=DeliveryStatus.PROCESSING).update(lease_until=None)


def bots_with_work(now: datetime) -> list[UUID]:
    """Return the bots that have a delivery which waits, or whose worker's lease ran out."""
    held = Q(status=DeliveryStatus.PROCESSING)
    waiting = Q(status=DeliveryStatus.RECEIVED) | held & (Q(lease_until__lt=now) | Q(lease_until=None))
    return list(Delivery.objects.filter(waiting).order_by().values_list("bot", flat=True).distinct())


def _claim(bot_id: UUID, now: datetime) -> Delivery | None:
    """Take the bot's oldest unfinished delivery, unless a worker holds it; the bot's row decides who is first."""
    with transaction.atomic():
        Bot.objects.select_for_update(no_key=True).get(pk=bot_id)
        unfinished = [DeliveryStatus.RECEIVED, DeliveryStatus.PROCESSING]
        oldest = Delivery.objects.filter(bot=bot_id, status__in=unfinished).order_by("id").first()
        if oldest is None or (oldest.lease_until is not None and oldest.lease_until >= now):
            return None
        oldest.status = DeliveryStatus.PROCESSING
        oldest.lease_until = now + LEASE
        oldest.attempts += 1
        oldest.save(update_fields=["status", "lease_until", "attempts"])
    return oldest


def _handle(delivery: Delivery, *, clock: Clock) -> bool:
    """Trade one delivery. False where it failed: the sweep brings it back, a little later each time."""
    if delivery.attempts > LAST_ATTEMPT:
        logger.error("delivery %s is given up: %d attempts died on it", delivery.correlation_id, LAST_ATTEMPT)
        _give_up(delivery, clock=clock)
        return True
    try:
        with _held(delivery, clock=clock):
            done = _trade(delivery, clock=clock)
    except OperationalError:
        raise  # the database is away: the lease runs out and the sweep brings it back
    except Exception:
        logger.exception("delivery %s failed", delivery.correlation_id)
        if delivery.attempts < MOST_ATTEMPTS:
            _mine(delivery).update(lease_until=clock() + timedelta(seconds=2**delivery.attempts))
            return False
        _give_up(delivery, clock=clock)
        return True
    if done:
        announce(str(delivery.correlation_id))
    return done


def _give_up(delivery: Delivery, *, clock: Clock) -> None:
    """End a delivery that failed again and again: one that stays holds up all that came to its bot after it."""
    if not _renew(delivery, clock()):
        return  # another worker has it
    give_up(delivery.correlation_id, clock=clock)
    _end(delivery, DeliveryStatus.REJECTED, "INTERNAL", "The desk failed on this alert; the log holds why.", clock())
    announce(str(delivery.correlation_id))


def _held(delivery: Delivery, *, clock: Clock) -> AbstractContextManager[None]:
    """Renew the lease while the block runs."""
    return renewed(lambda: _renew(delivery, clock()), every_seconds=RENEW_SECONDS, name=str(delivery.correlation_id))


def _trade(delivery: Delivery, *, clock: Clock) -> bool:
    """Return whether the alert is done with. It is not while another run of it has orders on their way to a venue."""
    try:
        asked = asked_by(read_alert(bytes(delivery.body)))
    except Unreadable as unreadable:
        _end(delivery, DeliveryStatus.REJECTED, unreadable.code, unreadable.message, clock())
        return True
    bot = Bot.objects.select_related("owner").get(pk=delivery.bot_id)
    signal = signal_from_alert(
        bot, asked, signal_id=delivery.correlation_id, received_at=delivery.received_at, now=clock()
    )
    if signal.status == SignalStatus.PROCESSING:
        signal = run_signal(signal.id, clock=clock)
    if signal.status == SignalStatus.PROCESSING:
        return False
    refused = signal.status == SignalStatus.REJECTED
    status = DeliveryStatus.REJECTED if refused else DeliveryStatus.PROCESSED
    _end(delivery, status, signal.code, signal.reason, clock())
    return True


def asked_by(alert: Alert) -> Asked:
    """Return what an alert asks for, in the words of bots."""
    return Asked(
        side=alert.side,
        symbol=alert.symbol,
        size=alert.size,
        leverage=alert.leverage,
        stop_loss=alert.stop_loss,
        take_profit=alert.take_profit,
        order_type=alert.order_type,
        closes_only=alert.closes_only or "",
        do_trade=alert.do_trade,
        fired_at=alert.fired_at,
        max_lag_seconds=alert.max_lag_seconds,
        position_before=alert.prev_market_position or "",
        position_after=alert.market_position or "",
        size_before=alert.prev_market_position_size,
        size_after=alert.market_position_size,
    )


def _renew(delivery: Delivery, now: datetime) -> bool:
    """Hold the delivery a lease longer; False where another worker took it: it goes on, both find what is left."""
    return bool(_mine(delivery).update(lease_until=now + LEASE))


def _end(delivery: Delivery, status: DeliveryStatus, code: str, reason: str, now: datetime) -> None:
    _mine(delivery).update(status=status, code=code, reason=reason[:300], finished_at=now, lease_until=None)


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    """Return the row while this attempt holds it; nobody else's."""
    return Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PROCESSING, attempts=delivery.attempts)
