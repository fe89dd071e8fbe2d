"""At which prices the market meets a working order, and at which something is to be done about a position."""

from dataclasses import dataclass
from decimal import Decimal

from trading.models import Order, OrderSide, OrderType, Position
from trading.prices import LARGEST_PRICE


@dataclass(frozen=True, slots=True)
class Trigger:
    """Prices that the market comes to by falling, or by rising; at most one of them for an order."""

    falls_to: Decimal | None = None
    rises_to: Decimal | None = None


NO_TRIGGER = Trigger()
NEXT_QUOTE = Trigger(falls_to=LARGEST_PRICE)


def waits_for_stop(order: Order) -> bool:
    """Say whether the market has still to reach the order's stop price."""
    return order.order_type in (OrderType.STOP, OrderType.STOP_LIMIT) and order.triggered_at is None


def is_limited(order: Order) -> bool:
    """Say whether the order is filled at its limit price or not at all, once it is triggered."""
    return order.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)


def trigger_of_order(order: Order) -> Trigger:
    """Return what a working order waits for: its stop, then its limit; what is left of a market order, any quote."""
    buys = order.side == OrderSide.BUY
    if waits_for_stop(order):
        return Trigger(rises_to=order.stop_price) if buys else Trigger(falls_to=order.stop_price)
    if is_limited(order):
        return Trigger(falls_to=order.price) if buys else Trigger(rises_to=order.price)
    return NEXT_QUOTE


def trigger_of_position(position: Position, watch: Decimal | None) -> Trigger:
    """Return the nearest prices at which an open position's exits, or a look at its account's margin, are due.

    `watch` is where the account may come below its maintenance margin, on the losing side; None where nowhere.
    """
    losing = [price for price in (position.stop_loss, watch) if price is not None]
    if position.direction > 0:
        return Trigger(falls_to=max(losing, default=None), rises_to=position.take_profit)
    return Trigger(falls_to=position.take_profit, rises_to=min(losing, default=None))
