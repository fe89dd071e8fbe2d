"""Signals that a person asked for, a group trade or a retry, and whose request died before they were through."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from core.clock import Clock
from trading.models import Signal, SignalSource, SignalStatus
from trading.services.signals import give_up, run_signal

# What was left behind is not taken up again on a market that has moved on.
LONGEST_ABANDONED = timedelta(seconds=60)


def signal_by_now(signal_id: UUID, *, clock: Clock) -> Signal:
    """Return a signal that is asked for again, once it is done with: soon after its request died it goes on, later it
    is given up.

    Nothing is traded twice: an account whose order was stored is passed over.
    """
    signal = Signal.objects.get(pk=signal_id)
    if signal.status != SignalStatus.PROCESSING:
        return signal
    if _is_fresh(signal, clock()):
        return run_signal(signal_id, clock=clock)
    give_up(signal_id, clock=clock)
    return Signal.objects.get(pk=signal_id)


def give_up_abandoned(*, clock: Clock) -> int:
    """End those that nobody asked for again; return how many."""
    old = clock() - 2 * LONGEST_ABANDONED
    asked = Q(source=SignalSource.GROUP_TRADE) | Q(retry_of__isnull=False)
    left = Signal.objects.filter(asked, status=SignalStatus.PROCESSING, received_at__lt=old)
    ids = list(left.order_by("received_at").values_list("pk", flat=True))
    for signal_id in ids:
        give_up(signal_id, clock=clock)
    return len(ids)


def _is_fresh(signal: Signal, now: datetime) -> bool:
    return now - signal.received_at <= LONGEST_ABANDONED
