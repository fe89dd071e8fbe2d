"""Keeps which groups and bots cover which accounts, and turns the switches of scopes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models.trading_accounts import PAPER
from core.bulk import update_rows
from core.clock import Clock
from trading.desk import strictness
from trading.models import WORKING, AccountScope, Order, ScopeType, Switch, SwitchState
from trading.models.querysets import OrderQuerySet
from trading.selectors.covered import covered_accounts, covered_orders, forbidden_orders
from trading.services.risk.marks import shift_marks
from trading.triggers import trigger_of_order


def set_covered_accounts(scope_type: ScopeType, scope_id: UUID, account_ids: Iterable[UUID]) -> None:
    """Make exactly these accounts the ones that a scope covers. What they lost before is no loss of the scope.

    In the caller's transaction, with the scope's owner locked. Give a queryset: it is asked after what is covered now,
    so one that is closed in between, which leaves by itself, is not covered anew.
    """
    rows = AccountScope.objects.filter(scope_type=scope_type, scope_id=scope_id)
    standing = set(rows.values_list("account_id", flat=True))
    wanted = set(account_ids)
    if wanted == standing:
        return
    shift_marks(scope_type, scope_id, before=standing, after=wanted)
    rows.filter(account__in=standing - wanted).delete()
    AccountScope.objects.bulk_create(
        [AccountScope(account_id=pk, scope_type=scope_type, scope_id=scope_id) for pk in wanted - standing],
        ignore_conflicts=True,
    )


def turn_switch(
    scope_type: ScopeType,
    scope_id: UUID | None,
    *,
    state: SwitchState,
    reason: str,
    flattening: bool = False,
    clock: Clock = timezone.now,
) -> Switch:
    """Set a scope's state. Locks the accounts it covers first, so that no order is stored across the change.

    Orders at work that it forbids are met by no price from then on, cancelled or not yet; those that are left when it
    goes back to active are met again. With `flattening` its positions are to be closed; once that is begun, only
    `active` ends it.
    """
    told: dict[str, Any] = {"state": state, "reason": reason[:300]}
    if state == SwitchState.ACTIVE:
        told["flattening"] = False
    elif flattening:
        told["flattening"] = True
    with transaction.atomic():
        list(covered_accounts(scope_type, scope_id).locked().values_list("pk", flat=True))
        switch, _ = Switch.objects.update_or_create(scope_type=scope_type, scope_id=scope_id, defaults=told)
        forbidden_orders(switch).update(falls_to=None, rises_to=None)
        if state == SwitchState.ACTIVE:
            _arm_again(covered_orders(scope_type, scope_id), now=clock())
    return switch


def _arm_again(orders: OrderQuerySet, *, now: datetime) -> None:
    """Have orders be met again, by prices from `now` on, that were forbidden and that nobody came to cancel."""
    waiting = orders.filter(status__in=WORKING, falls_to=None, rises_to=None, account__exchange=PAPER)
    rows = list(waiting.order_by("pk"))
    for order in rows:
        trigger = trigger_of_order(order)
        order.falls_to, order.rises_to, order.armed_at = trigger.falls_to, trigger.rises_to, now
    update_rows(Order, rows, ["falls_to", "rises_to", "armed_at"])


def tighten_switch(scope_type: ScopeType, scope_id: UUID | None, *, flatten: bool, reason: str) -> Switch:
    """Turn a scope's switch as a broken limit asks, and never back: halted, or reducing until its positions are closed.

    In the caller's transaction, which has locked the accounts that the scope covers.
    """
    found = Switch.objects.filter(scope_type=scope_type, scope_id=scope_id).first()
    standing = SwitchState(found.state) if found else SwitchState.ACTIVE
    wanted = SwitchState.REDUCING if flatten else SwitchState.HALTED
    state = max(standing, wanted, key=strictness)
    return turn_switch(scope_type, scope_id, state=state, reason=reason, flattening=flatten)
