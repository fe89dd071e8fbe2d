"""Whether an account still covers what an order opens, asked when the market meets one that rested: much may be new."""

from decimal import Decimal

from core.exact import to_money
from trading.desk import Desk, Resting, position_margin, rest_of
from trading.engine.money import closing_part, initial_margin, profit, unrealized_profit
from trading.models import Order, OrderSide, Position
from trading.pricing import fill_at
from trading.services.apply import margin_of_rest
from trading.services.checks import check_available
from trading.tickets import Execution


def check_opening(order: Order, execution: Execution, desk: Desk, *, met_at: Decimal) -> None:
    """Ask that the initial margin of the position after the fill is there, what the order itself held being free.

    What opens counts at the order's limit, as when it was placed, and without one at `met_at`, the price that it is
    met at before it slips: slippage refuses no order that is covered, a gap beyond what the account has does. All of a
    position that is added to takes the order's leverage. Raises Refused.
    """
    held = desk.position(order.account_id, order.instrument_id)
    direction, part = OrderSide(order.side).direction, execution.quantity
    opening = part - (closing_part(held.direction, held.size, direction, part) if held else Decimal(0))
    if not opening:
        return
    adds = held is not None and held.direction == direction
    used, equity = desk.margin_used(order.account_id), desk.equity(order.account_id)
    if held is not None and not adds:
        used -= position_margin(held)
        equity += _profit_beyond_mark(held, execution.price, desk)
    price = order.price if order.price is not None else met_at
    needed = to_money(price * opening) + (held.entry_cost if held and adds else Decimal(0))
    tied = position_margin(held) if held and adds else Decimal(0)
    fee = fill_at(price, instrument=order.instrument, quantity=part).commission
    check_available(
        required=to_money(initial_margin(needed, order.leverage)) - tied,
        available=equity - used - _working_after(order, part, desk) - fee,
    )


def _profit_beyond_mark(held: Position, price: Decimal, desk: Desk) -> Decimal:
    """Return what closing a position at `price` brings beside the open profit that equity counts; signed."""
    booked = profit(held.direction, to_money(price * held.size), held.entry_cost)
    return booked - to_money(unrealized_profit(held.direction, held.size, held.entry_cost, desk.mark(held)))


def _working_after(order: Order, part: Decimal, desk: Desk) -> Decimal:
    """Return the margin of the orders at work once `part` of this one is filled and the position is what it makes."""
    held = desk.position(order.account_id, order.instrument_id)
    standing = held.direction * held.size if held else Decimal(0)
    left = order.quantity - order.filled_quantity - part
    change = Resting(left, margin_of_rest(order, left)) - rest_of(order)
    return desk.order_margin(
        order.account_id,
        held={order.instrument_id: standing + OrderSide(order.side).direction * part},
        added={(order.instrument_id, str(order.side)): change},
    )
