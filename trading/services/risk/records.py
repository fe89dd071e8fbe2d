"""Sets, changes and deletes the limits that people set. Those of an origin follow something else, and stay with it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.errors import Conflict, Forbidden, Invalid, Missing
from market.models import Instrument
from trading.measures import LOSSES, ON_PROFIT
from trading.models import LimitType, RiskAlert, RiskLimit, ScopeType

_COUNTS = (LimitType.OPEN_POSITIONS, LimitType.ORDER_RATE)
_SHARES_LOST = [limit_type for limit_type in LOSSES if ON_PROFIT[limit_type].unit]


class LimitMissing(Missing):
    """No such limit, or none that who asks may see."""

    def __init__(self) -> None:
        super().__init__("There is no such limit.")


class LimitFollows(Conflict):
    """The limit is kept in step with something else: it is changed there."""

    code = "LIMIT_FOLLOWS"

    def __init__(self, limit: RiskLimit) -> None:
        super().__init__(f"This limit follows the {limit.origin} that it stands for: change it there.")


class SetByAnother(Forbidden):
    """Somebody else set the limit: an admin, on what belongs to who asks."""

    code = "SET_BY_ANOTHER"

    def __init__(self) -> None:
        super().__init__("An admin set this limit: only an admin changes it.")


def set_limit(*, created_by: User, **terms: Any) -> RiskLimit:
    """Store a limit; `terms` are its fields, thresholds as fractions. Raises Invalid for what makes no sense."""
    limit = RiskLimit(created_by=created_by, **terms)
    require_sense(limit)
    limit.save(force_insert=True)
    return limit


def change_limit(limit_id: UUID, changes: Mapping[str, Any]) -> RiskLimit:
    """Write these fields of a limit. Raises LimitMissing, LimitFollows, Invalid."""
    with transaction.atomic():
        limit = _locked(limit_id)
        for name, value in changes.items():
            setattr(limit, name, value)
        require_sense(limit)
        if changes:
            limit.save(update_fields=list(changes))
    return limit


def delete_limit(limit_id: UUID, *, now: datetime) -> None:
    """Delete a limit; its alerts end, and stay as history. Raises LimitMissing, LimitFollows."""
    with transaction.atomic():
        limit = _locked(limit_id)
        RiskAlert.objects.standing().filter(limit=limit).update(cleared_at=now)
        limit.delete()


def delete_limits_of(scope_type: ScopeType, scope_id: UUID, *, now: datetime) -> None:
    """Delete every limit of a scope that is no more, whoever set it; its alerts end. In the caller's transaction."""
    scoped = {"scope_type": scope_type, "scope_id": scope_id}
    limits = list(RiskLimit.objects.filter(**scoped).order_by("pk").select_for_update(no_key=True))
    RiskAlert.objects.standing().filter(**scoped).update(cleared_at=now)
    RiskLimit.objects.filter(pk__in=[limit.pk for limit in limits]).delete()


def require_sense(limit: RiskLimit) -> None:
    """Ask that the numbers of a limit fit its type. Raises Invalid naming each field that does not."""
    errors = {name: [sentence] for name, sentence in _nonsense(limit).items()}
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)


def _nonsense(limit: RiskLimit) -> dict[str, str]:
    found = {}
    if limit.warning_threshold <= 0:
        found["warning_threshold"] = "Must be more than zero."
    if limit.critical_threshold < limit.warning_threshold:
        found["critical_threshold"] = "Must not be less than the warning threshold."
    if limit.critical_threshold > 1:
        found["critical_threshold"] = "Must be at most 100 percent."
    if limit.symbol and limit.scope_type == ScopeType.SYMBOL:
        named = Instrument.objects.filter(symbol=limit.symbol).values_list("pk", flat=True).first()
        if named != limit.scope_id:
            found["symbol"] = "The scope is another symbol."
    elif limit.symbol and limit.limit_type in ON_PROFIT:
        found["symbol"] = "A loss or a gain is one of all that is traded."
    if limit.flatten_on_breach and limit.limit_type not in LOSSES:
        found["flatten_on_breach"] = "Only a loss closes positions: daily_loss, daily_drawdown or drawdown."
    return found | _wrong_value(limit)


def _wrong_value(limit: RiskLimit) -> dict[str, str]:
    value = Decimal(limit.limit_value)
    if limit.limit_type in _SHARES_LOST and value > 100:
        return {"limit_value": "A drawdown is a percentage: at most 100."}
    if limit.limit_type in _COUNTS and value != int(value):
        return {"limit_value": "Must be a whole number."}
    return {}


def _locked(limit_id: UUID) -> RiskLimit:
    # Before its mark and its alerts: the monitor takes them in this order.
    limit = RiskLimit.objects.select_for_update(no_key=True).filter(pk=limit_id).first()
    if limit is None:
        raise LimitMissing
    if limit.origin:
        raise LimitFollows(limit)
    return limit
