"""Keeps the limits that stand for somebody's own fields, an account's or a group's, among those that are enforced."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from trading.models import LimitType, RiskLimit, ScopeType


@dataclass(frozen=True, slots=True)
class Followed:
    """What has fields that are limits: its scope, and the `origin` that its limits carry."""

    scope_type: ScopeType
    scope_id: UUID
    origin: str


def follow(
    followed: Followed, limit_type: LimitType, value: Decimal | None, *, flatten_on_breach: bool = False
) -> None:
    """Write, change or delete the limit that stands for a field; none where `value` is None or zero.

    In the caller's transaction. What it is measured from stays while the row does, whatever its value.
    """
    names: dict[str, Any] = {
        "scope_type": followed.scope_type,
        "scope_id": followed.scope_id,
        "origin": followed.origin,
    }
    if value:
        values = {"limit_value": value, "flatten_on_breach": flatten_on_breach, "enabled": True}
        RiskLimit.objects.update_or_create(**names, limit_type=limit_type, defaults=values)
        return
    for limit in RiskLimit.objects.filter(**names, limit_type=limit_type).select_for_update(no_key=True):
        limit.delete()
