"""The risk monitor: reads every limit, raises and clears alerts, and turns the switch of a scope that lost too much.

Two at once double nothing: limits are locked while they are read, and a breach is acted on once, by who raises its
alert. Locks are taken in the order accounts, limits, switches.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import localcontext
from typing import TypeVar
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q

from core.bulk import insert_rows, update_rows, upsert_rows
from core.clock import Clock
from core.exact import WIDE
from trading.measures import LOSSES, OK, reaches, verdict_of
from trading.models import LimitMark, RiskAlert, RiskLimit, ScopeType, Severity, Switch, SwitchState
from trading.selectors.covered import covered_accounts
from trading.services.facts import tell_of_alerts
from trading.services.risk.flattening import go_on_flattening
from trading.services.risk.halting import cancel_forbidden
from trading.services.risk.marks import MONEY
from trading.services.risk.readings import Look, Reading, read_limits
from trading.services.scopes import tighten_switch

logger = logging.getLogger(__name__)

Key = tuple[UUID | None, UUID | None, str]
Work = TypeVar("Work")


def watch(*, clock: Clock) -> None:
    """Do one round: read, alert, halt what lost too much, and go on closing what is to be closed.

    The statements of reading do not grow with accounts or limits; those of a scope that breaks one are its own.
    """
    for breach in read_and_alert(clock=clock):
        _each(lambda reading: act_on_breach(reading, clock=clock), breach)
    for switch in Switch.objects.exclude(state=SwitchState.ACTIVE).order_by("pk"):
        _each(lambda turned: _hold(turned, clock=clock), switch)


def read_and_alert(*, clock: Clock) -> list[Reading]:
    """Read every limit, keep the marks, raise and clear alerts. Return the losses beyond their limits, not yet told."""
    RiskAlert.objects.standing().of_limits().filter(Q(limit=None) | Q(limit__enabled=False)).update(cleared_at=clock())
    with localcontext(WIDE), transaction.atomic():
        limits = list(RiskLimit.objects.filter(enabled=True).order_by("pk").select_for_update(no_key=True))
        if not limits:
            return []
        now = clock()
        marks = {mark.limit_id: mark for mark in LimitMark.objects.filter(limit__enabled=True)}
        look = read_limits(limits, marks, now=now)
        upsert_rows(LimitMark, look.marks, ("day", *MONEY, "measured_at"))
        standing = list(RiskAlert.objects.standing().filter(limit__enabled=True))
        _clear(standing, look, now=now)
        fresh = _fresh(standing, look)
        breaches = [reading for reading in fresh if _halts(reading)]
        _raise(fresh, now=now)
    return breaches


def act_on_breach(breach: Reading, *, clock: Clock) -> None:
    """Raise the alert of a loss beyond its limit and turn the switch of its scope, once: nothing while it stands."""
    limit = breach.limit
    scope_type, scope_id = ScopeType(limit.scope_type), limit.scope_id
    with transaction.atomic():
        list(covered_accounts(scope_type, scope_id).locked().values_list("pk", flat=True))
        still = RiskLimit.objects.select_for_update(no_key=True).filter(pk=limit.pk, enabled=True).first()
        told = RiskAlert.objects.standing().filter(limit=limit, severity=Severity.BREACH)
        if still is None or told.exists():
            return
        now = clock()
        alert = _alert(breach, Severity.BREACH, now)
        insert_rows(RiskAlert, [alert])
        tell_of_alerts([alert], now=now)
        tighten_switch(scope_type, scope_id, flatten=still.flatten_on_breach, reason=alert.message)


def _hold(switch: Switch, *, clock: Clock) -> None:
    if switch.flattening:
        go_on_flattening(switch, clock=clock)
    else:
        cancel_forbidden(switch, clock=clock)


def _each(work: Callable[[Work], None], one: Work) -> None:
    """Let no scope's trouble stop the others: it is logged, and the next round tries again."""
    try:
        work(one)
    except OperationalError:
        raise
    except Exception:
        logger.exception("the risk monitor failed on %s", one)


def _halts(reading: Reading) -> bool:
    return reading.limit.limit_type in LOSSES and verdict_of(reading.value, reading.limit) == Severity.BREACH


def _fresh(standing: Iterable[RiskAlert], look: Look) -> list[Reading]:
    """Return the readings at a threshold whose alert does not stand yet."""
    told = {(*_key(alert), alert.severity) for alert in standing if alert.cleared_at is None}
    verdicts = ((reading, verdict_of(reading.value, reading.limit)) for reading in look.readings)
    return [reading for reading, verdict in verdicts if verdict != OK and (*_key_of(reading), verdict) not in told]


def _raise(fresh: Iterable[Reading], *, now: datetime) -> None:
    told = [reading for reading in fresh if not _halts(reading)]
    alerts = [_alert(reading, Severity(verdict_of(reading.value, reading.limit)), now) for reading in told]
    insert_rows(RiskAlert, alerts)
    tell_of_alerts(alerts, now=now)


def _clear(standing: Iterable[RiskAlert], look: Look, *, now: datetime) -> None:
    """End the alerts whose measure is below their threshold again, or is no more; what was not read stays."""
    readings = {_key_of(reading): reading for reading in look.readings}
    cleared = []
    for alert in standing:
        reading = readings.get(_key(alert))
        below = reading is None or not reaches(reading.value, reading.limit, alert.severity)
        if below and alert.limit_id not in look.unread:
            alert.cleared_at = now
            cleared.append(alert)
    update_rows(RiskAlert, cleared, ["cleared_at"])


def _alert(reading: Reading, severity: Severity, now: datetime) -> RiskAlert:
    limit = reading.limit
    return RiskAlert(
        limit=limit,
        scope_type=limit.scope_type,
        scope_id=limit.scope_id,
        account_id=reading.account_id,
        limit_type=limit.limit_type,
        severity=severity,
        symbol=reading.symbol,
        message=reading.message[:300],
        current_value=reading.value,
        limit_value=limit.limit_value,
        triggered_at=now,
    )


def _key(alert: RiskAlert) -> Key:
    return alert.limit_id, alert.account_id, alert.symbol


def _key_of(reading: Reading) -> Key:
    return reading.limit.id, reading.account_id, reading.symbol
