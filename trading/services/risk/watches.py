"""Alerts without a limit, of what is watched about bots: each raised once, and cleared when its reason is gone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from trading.models import RiskAlert, ScopeType, Severity, WatchType
from trading.models.alerts import AlertQuerySet
from trading.services.facts import tell_of_alerts


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a bot: a sentence, and what was measured against what."""

    message: str
    current_value: Decimal
    limit_value: Decimal


def raise_watch(watch: WatchType, bot_id: UUID, *, symbol: str, seen: Seen, now: datetime) -> None:
    """Raise the alert of one bot and symbol, unless it stands. The caller's transaction has locked the bot."""
    if not _standing(watch).filter(scope_id=bot_id, symbol=symbol).exists():
        _raise([_alert(watch, bot_id, symbol=symbol, seen=seen, now=now)], now=now)


def clear_watch(watch: WatchType, bot_id: UUID, *, symbol: str, now: datetime) -> None:
    """Clear the alert of one bot and symbol, where it stands."""
    _standing(watch).filter(scope_id=bot_id, symbol=symbol).update(cleared_at=now)


def clear_watches(watch: WatchType, bot_ids: Collection[UUID], *, now: datetime) -> None:
    """Clear the alerts of bots, of whatever symbol, where they stand. One statement."""
    _standing(watch).filter(scope_id__in=bot_ids).update(cleared_at=now)


def keep_watch(watch: WatchType, found: Mapping[UUID, Seen], *, now: datetime) -> int:
    """Make the bots that are `found` those whose alert stands; return how many were raised. Three statements."""
    with transaction.atomic():
        standing = set(_standing(watch).values_list("scope_id", flat=True))
        _standing(watch).filter(scope_id__in=standing - found.keys()).update(cleared_at=now)
        fresh = [pk for pk in sorted(found) if pk not in standing]
        _raise([_alert(watch, pk, symbol="", seen=found[pk], now=now) for pk in fresh], now=now)
    return len(fresh)


def _raise(alerts: list[RiskAlert], *, now: datetime) -> None:
    if alerts:
        RiskAlert.objects.bulk_create(alerts, ignore_conflicts=True)  # another round may have raised it just now
        tell_of_alerts(alerts, now=now)


def _standing(watch: WatchType) -> AlertQuerySet:
    return RiskAlert.objects.standing().filter(scope_type=ScopeType.BOT, limit_type=watch)


def _alert(watch: WatchType, bot_id: UUID, *, symbol: str, seen: Seen, now: datetime) -> RiskAlert:
    return RiskAlert(
        scope_type=ScopeType.BOT,
        scope_id=bot_id,
        limit_type=watch,
        severity=Severity.WARNING,
        symbol=symbol,
        message=seen.message[:300],
        current_value=seen.current_value,
        limit_value=seen.limit_value,
        triggered_at=now,
    )
