"""Halts scopes and lets them go on: the switch first, under the accounts' locks, then the orders that must not fill."""

from dataclasses import dataclass
from uuid import UUID

from core.clock import Clock
from trading.models import Order, ScopeType, Switch, SwitchState
from trading.selectors.covered import forbidden_orders
from trading.services.cancel import cancel_orders
from trading.services.scopes import turn_switch


@dataclass(frozen=True, slots=True)
class Halt:
    """A switch as it was turned, and how many working orders that cancelled."""

    switch: Switch
    cancelled: int = 0


def halt_scope(
    scope_type: ScopeType, scope_id: UUID | None, *, state: SwitchState, reason: str, flatten: bool, clock: Clock
) -> Halt:
    """Turn a scope to `reducing` or `halted` and cancel its orders that this forbids; `flatten` marks its positions.

    Marked positions are closed by services/risk/flattening.py, which halts the scope once it is flat.
    """
    switch = turn_switch(scope_type, scope_id, state=state, reason=reason, flattening=flatten)
    return Halt(switch, cancel_forbidden(switch, clock=clock))


def resume_scope(scope_type: ScopeType, scope_id: UUID | None, *, reason: str) -> Halt:
    """Turn a scope back to `active`; closing its positions ends. Cancelled orders stay cancelled."""
    return Halt(turn_switch(scope_type, scope_id, state=SwitchState.ACTIVE, reason=reason))


def cancel_forbidden(switch: Switch, *, clock: Clock) -> int:
    """Cancel the orders at work that a switch forbids, and return how many."""
    ids = list(forbidden_orders(switch).order_by("pk").values_list("pk", flat=True))
    cancelled: list[Order] = cancel_orders(ids, reason=_reason(switch), clock=clock) if ids else []
    return len(cancelled)


def _reason(switch: Switch) -> str:
    said = f": {switch.reason}" if switch.reason else "."
    return f"The {switch.scope_type} is {switch.state}{said}"
