"""Arms the open positions of paper accounts: sets the prices at which matching looks at them."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from uuid import UUID

from core.exact import PRICE_SCALE, WIDE
from trading.desk import Desk
from trading.engine.money import watch_price
from trading.models import Position
from trading.prices import LARGEST_PRICE
from trading.triggers import Trigger, trigger_of_position

# What arming writes of a position.
ARMED = ("falls_to", "rises_to", "armed_at")

_PRICE_STEP = Decimal(1).scaleb(-PRICE_SCALE)


def arm(desk: Desk, account_ids: Iterable[UUID]) -> list[Position]:
    """Set the triggers of these accounts' positions by their exits and margin; return those that changed.

    One that changed waits for its prices since now: what the market did before does not meet it.

    An account stays above its maintenance margin while no position loses its share of what is above it: each waits
    for the price where it would, and the account is looked at then, and armed anew.
    """
    changed = []
    for account_id in account_ids:
        if not desk.accounts[account_id].is_paper:
            continue  # its venue knows its exits, and closes it out
        held = desk.positions[account_id].values()
        slack = desk.equity(account_id) - desk.maintenance_margin(account_id)
        for position in held:
            trigger = trigger_of_position(position, _watch(desk, position, slack / len(held)))
            if trigger != Trigger(position.falls_to, position.rises_to):
                position.falls_to, position.rises_to = trigger.falls_to, trigger.rises_to
                position.armed_at = desk.now
                changed.append(position)
    return changed


def _watch(desk: Desk, position: Position, slack: Decimal) -> Decimal | None:
    """Return the price at which a position loses `slack`, to the side that is looked at sooner."""
    rate = desk.instruments[position.instrument_id].maintenance_margin_rate
    price = watch_price(position.direction, desk.mark(position), position.size, slack, rate)
    if price <= 0 and position.direction > 0:
        return None
    sooner = ROUND_CEILING if position.direction > 0 else ROUND_FLOOR
    within = min(max(price, _PRICE_STEP), LARGEST_PRICE)
    return within.quantize(_PRICE_STEP, rounding=sooner, context=WIDE)
