"""Acknowledges risk alerts."""

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
    unseen = RiskAlert.objects.filter(pk=alert_id, acknowledged_at=None)
    if not unseen.update(acknowledged_at=now, acknowledged_by=by):
        raise AlreadyAcknowledged
    return RiskAlert.objects.get(pk=alert_id)
