"""What a sender is told: the results there are within the wait."""

from dataclasses import dataclass, field
from uuid import UUID

from trading.models import Signal
from trading.selectors.results import Result, results_of
from webhooks.models import Delivery, DeliveryStatus

_UNFINISHED = (DeliveryStatus.RECEIVED, DeliveryStatus.PROCESSING)


@dataclass(frozen=True, slots=True)
class Told:
    """The state of an alert as its rows stand: `status` processed, processing or rejected (then with a code)."""

    correlation_id: UUID
    success: bool
    message: str
    status: str
    success_count: int = 0
    error_count: int = 0
    results: list[Result] = field(default_factory=list)
    code: str = ""
    reason: str = ""


def original_of(delivery: Delivery) -> Delivery:
    """Return the first delivery of the same alert: a duplicate is answered as the first was."""
    return delivery.duplicate_of or delivery


def is_finished(delivery: Delivery) -> bool:
    """Look at the row whether its alert has been dealt with."""
    return not Delivery.objects.filter(pk=delivery.pk, status__in=_UNFINISHED).exists()


def answer_of(delivery: Delivery) -> Told:
    """Return what is known of an alert now."""
    delivery.refresh_from_db()
    key = delivery.correlation_id
    if delivery.status == DeliveryStatus.REJECTED:
        return Told(key, False, delivery.reason, "rejected", code=delivery.code, reason=delivery.reason)
    if delivery.status in _UNFINISHED:
        return Told(key, True, "The signal is stored and being processed.", "processing")
    signal = Signal.objects.get(pk=key)
    return Told(
        key,
        True,
        "Signal processed successfully",
        "processed",
        success_count=signal.success_count,
        error_count=signal.error_count,
        results=results_of(signal),
    )
