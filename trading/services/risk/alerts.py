"""Acknowledges risk alerts."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts.models import User
from core.errors import Conflict
from trading.models import RiskAlert


class AlreadyAcknowledged(Conflict):
    """Somebody has seen to it before."""

    code = "ALREADY_ACKNOWLEDGED"

    def __init__(self) -> None:
        super().__init__("The alert is acknowledged already.")


def acknowledge_alert(alert_id: UUID, *, by: User, now: datetime) -> RiskAlert:
    """Write who has seen an alert, and when: once, whoever is first. Raises AlreadyAcknowledged."""
    if not acknowledge_alerts([alert_id], by=by, now=now):
        raise AlreadyAcknowledged
    return RiskAlert.objects.get(pk=alert_id)


def acknowledge_alerts(alert_ids: Iterable[UUID], *, by: User, now: datetime) -> int:
    """Write who has seen those of some alerts that nobody has, and when; return how many."""
    unseen = RiskAlert.objects.filter(pk__in=list(alert_ids), acknowledged_at=None)
    return unseen.update(acknowledged_at=now, acknowledged_by=by)
