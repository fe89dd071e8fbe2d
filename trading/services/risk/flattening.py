"""Closes all that a switch covers: cancels what works, sells what is long, buys back what is short, then halts.

A round may be cut short, or a price be missing: the switch says that it is `flattening` until nothing is left, and
the next round goes on. Two rounds at once close nothing twice: each looks at the positions under the accounts' locks.
"""

import logging
from collections.abc import Iterator
from functools import partial

from core.clock import Clock
from trading.desk import Desk
from trading.models import UNDER_WAY, Order, OrderOrigin, Position, ScopeType, Switch, SwitchState
from trading.selectors.covered import ASKED, covered_orders, covered_positions
from trading.services.flatten import all_held, flatten
from trading.services.risk.halting import cancel_forbidden

logger = logging.getLogger(__name__)


def go_on_flattening(switch: Switch, *, clock: Clock) -> None:
    """Close what a flattening switch covers and no order is closing yet; halt it once nothing is held or works."""
    cancel_forbidden(switch, clock=clock)
    held = covered_positions(switch.scope_type, switch.scope_id).order_by().values_list("account", flat=True)
    bot_id = switch.scope_id if switch.scope_type == ScopeType.BOT else None
    for closing in flatten(set(held), choose=partial(_to_close, switch), bot_id=bot_id, clock=clock):
        if not closing.is_closed:
            where = (closing.account_id, closing.symbol, closing.code)
            logger.warning("account %s is not flat in %s yet: %s", *where)
    if _is_flat(switch):
        flattening = Switch.objects.filter(pk=switch.pk, flattening=True)
        flattening.update(flattening=False, state=SwitchState.HALTED, changed_at=clock())


def _is_flat(switch: Switch) -> bool:
    scope = (switch.scope_type, switch.scope_id)
    works = covered_orders(*scope).filter(status__in=UNDER_WAY, origin__in=(*ASKED, OrderOrigin.FLATTEN))
    return not covered_positions(*scope).exists() and not works.exists()


def _to_close(switch: Switch, desk: Desk) -> Iterator[Position]:
    """Yield the positions of the locked desk that the switch covers and that no order is closing already."""
    covered = covered_positions(switch.scope_type, switch.scope_id).filter(account__in=list(desk.accounts))
    wanted = set(covered.order_by().values_list("pk", flat=True))
    closing = Order.objects.filter(account__in=list(desk.accounts), origin=OrderOrigin.FLATTEN, status__in=UNDER_WAY)
    busy = set(closing.order_by().values_list("account", "instrument"))
    for position in all_held(desk):
        if position.id in wanted and (position.account_id, position.instrument_id) not in busy:
            yield position
