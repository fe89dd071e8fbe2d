"""Hands stored alerts to their bot, one bot's in arrival order. Running it twice, or after a crash, doubles nothing."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from bots.models import Bot
from bots.services.alerts import Asked, signal_from_alert
from core.clock import Clock
from core.leases import Attempt, release
from core.waiting import announce
from trading.models import SignalStatus
from trading.services.signals import give_up, run_signal
from webhooks.models import Delivery, DeliveryStatus
from webhooks.reading.alerts import Alert
from webhooks.reading.parsing import Unreadable, read_alert

_UNFINISHED = (DeliveryStatus.RECEIVED, DeliveryStatus.PROCESSING)


def work_inbox(bot_id: UUID, *, clock: Clock) -> int:
    """Handle the bot's waiting deliveries in arrival order; return how many. Another worker at it means none."""
    handled = 0
    while (attempt := _claim(bot_id, clock=clock)) is not None:
        if not attempt.carry_through(partial(_trade, attempt), give_up=partial(_give_up, attempt)):
            break
        announce(str(attempt.row.correlation_id))
        handled += 1
    return handled


def release_all() -> int:
    """Free what workers hold; return how many. For the start of a desk that is the only process there is."""
    return release(Delivery.objects.filter(status=DeliveryStatus.PROCESSING))


def bots_with_work(now: datetime) -> list[UUID]:
    """Return the bots that have a delivery which waits, or whose worker's lease ran out."""
    held = Q(status=DeliveryStatus.PROCESSING)
    waiting = Q(status=DeliveryStatus.RECEIVED) | held & (Q(lease_until__lt=now) | Q(lease_until=None))
    return list(Delivery.objects.filter(waiting).order_by().values_list("bot", flat=True).distinct())


def _claim(bot_id: UUID, *, clock: Clock) -> Attempt[Delivery] | None:
    """Take the bot's oldest unfinished delivery, unless a worker holds it; the bot's row decides who is first."""
    with transaction.atomic():
        Bot.objects.select_for_update(no_key=True).get(pk=bot_id)
        oldest = Delivery.objects.filter(bot=bot_id, status__in=_UNFINISHED).order_by("id").first()
        if oldest is None or oldest.is_held(clock()):
            return None
        held = Delivery.objects.filter(status=DeliveryStatus.PROCESSING)
        name = f"delivery {oldest.correlation_id}"
        return Attempt.begin(oldest, unfinished=held, clock=clock, name=name, status=DeliveryStatus.PROCESSING)


def _trade(attempt: Attempt[Delivery]) -> bool:
    """Return whether the alert is done with. It is not while another run of it has orders on their way to a venue."""
    delivery, clock = attempt.row, attempt.clock
    try:
        asked = asked_by(read_alert(bytes(delivery.body)))
    except Unreadable as unreadable:
        _end(attempt, DeliveryStatus.REJECTED, unreadable.code, unreadable.message)
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
    _end(attempt, DeliveryStatus.REJECTED if refused else DeliveryStatus.PROCESSED, signal.code, signal.reason)
    return True


def _give_up(attempt: Attempt[Delivery]) -> None:
    give_up(attempt.row.correlation_id, clock=attempt.clock)
    _end(attempt, DeliveryStatus.REJECTED, "INTERNAL", "The desk failed on this alert; the log holds why.")


def _end(attempt: Attempt[Delivery], status: DeliveryStatus, code: str, reason: str) -> None:
    attempt.end(status=status, code=code, reason=reason[:300], finished_at=attempt.clock())


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
