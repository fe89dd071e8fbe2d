"""What the market's prices do to one resting order, and which exit of a position they reach: the pessimistic one."""

from dataclasses import replace
from decimal import Decimal

from core.exact import plain
from market.kinds import Status
from market.ranges import PriceRange
from trading.brokers.paper import status_after
from trading.desk import Desk
from trading.engine.prices import limit_is_met, stop_is_met, stopped_price
from trading.models import Order, OrderOrigin, OrderSide, OrderType, Position, TimeInForce
from trading.pricing import FillTerms, at_once, fill_at, market_fill
from trading.services.opening import check_opening
from trading.services.refused import Refused
from trading.tickets import Execution, Proposal, Receipt, ReceiptStatus, hashed_id
from trading.triggers import is_limited, trigger_of_order, waits_for_stop


def is_met(order: Order, prices: PriceRange) -> bool:
    """Say whether the market has come to what a working order waits for, and has waited for since before."""
    if not prices.meets_since(order.armed_at):
        return False
    trigger, direction = trigger_of_order(order), OrderSide(order.side).direction
    if trigger.falls_to is not None:
        return prices.low_for(direction) <= trigger.falls_to
    return trigger.rises_to is not None and prices.high_for(direction) >= trigger.rises_to


def meet(order: Order, prices: PriceRange, desk: Desk) -> Receipt:
    """Return what becomes of a paper order that is met: filled as far as one quote goes, resting at its limit, over.

    A stop is filled on its price, or on the first one beyond it, and slips; a limit at its price; what is left of a
    market order on the last quote. Reduce-only is clamped to the position that there is by now, and so is what may open
    nothing by now: the account at rest, the instrument suspended or without shorts, the leverage too high. What it
    opens must be covered by now (services/opening.py); where it is not, what closes is filled and the rest cancelled.
    """
    base = _base(order, prices)
    if waits_for_stop(order):
        order.triggered_at = desk.now
        if order.order_type == OrderType.STOP_LIMIT and not _limit_is_met(order, base):
            return _receipt(
                order,
                status_after(quantity=order.quantity, filled=order.filled_quantity, time_in_force=order.time_in_force),
            )
    left = order.quantity - order.filled_quantity
    reducible = _reducible(order, desk) if _may_only_reduce(order, desk) else left
    if not reducible:
        return _receipt(order, ReceiptStatus.CANCELLED, reason="There is no position left that it may reduce.")
    part = at_once(order.instrument, min(left, reducible))
    if order.time_in_force == TimeInForce.FOK and part < left:
        return _receipt(order, ReceiptStatus.EXPIRED)
    status = status_after(
        quantity=order.quantity, filled=order.filled_quantity + part, time_in_force=order.time_in_force
    )
    if part == reducible < left:
        status = ReceiptStatus.CANCELLED
    execution = _execution(order, part, base, prices, desk)
    try:
        check_opening(order, execution, desk, met_at=base)
    except Refused as refused:
        return _closing_only(order, refused, base, prices, desk)
    return _receipt(order, status, execution)


def exit_of(position: Position, prices: PriceRange) -> Proposal | None:
    """Return the order that takes a position out at the exit that was reached; None where none was.

    The first quote decides where it is beyond one; else the stop-loss is taken to have come before the take-profit.
    """
    direction = -position.direction
    first = prices.first_for(direction)
    losing = prices.low_for(direction) if position.direction > 0 else prices.high_for(direction)
    winning = prices.high_for(direction) if position.direction > 0 else prices.low_for(direction)
    stop, target = position.stop_loss, position.take_profit
    stopped = stop is not None and stop_is_met(direction, stop, losing)
    won = target is not None and limit_is_met(direction, target, winning)
    if target is not None and won and (not stopped or limit_is_met(direction, target, first)):
        return closing(position, OrderOrigin.TAKE_PROFIT, prices, price=target, order_type=OrderType.LIMIT)
    if stop is not None and stopped:
        return closing(position, OrderOrigin.STOP_LOSS, prices, price=stopped_price(direction, stop, first))
    return None


def closing(
    position: Position,
    origin: OrderOrigin,
    prices: PriceRange,
    *,
    price: Decimal,
    order_type: OrderType = OrderType.MARKET,
) -> Proposal:
    """Return the reduce-only order that closes a position, on a quote of `price`. It passes every switch."""
    at = prices.at(price)
    return Proposal(
        account_id=position.account_id,
        instrument=prices.instrument,
        side=position.closing_side,
        leverage=position.leverage,
        client_order_id=hashed_id(position.id, origin, at.at.isoformat()),
        order_type=order_type,
        price=price if order_type == OrderType.LIMIT else None,
        reduce_only=True,
        protects=True,
        origin=origin,
        at=at,
    )


def _base(order: Order, prices: PriceRange) -> Decimal:
    """Return the price that an order is filled on, before slippage."""
    direction = OrderSide(order.side).direction
    if waits_for_stop(order):
        assert order.stop_price is not None
        return stopped_price(direction, order.stop_price, prices.first_for(direction))
    if is_limited(order):
        assert order.price is not None
        first = prices.first_for(direction)
        # What is left of one that the market met already takes what is quoted; one that rests is met at its price.
        return first if order.filled_quantity and _limit_is_met(order, first) else order.price
    return prices.last.ask if direction > 0 else prices.last.bid


def _limit_is_met(order: Order, quoted: Decimal) -> bool:
    assert order.price is not None
    return bool(limit_is_met(OrderSide(order.side).direction, order.price, quoted))


def _may_only_reduce(order: Order, desk: Desk) -> bool:
    """Say whether an order may open nothing by now, whatever was allowed when it was placed."""
    account, instrument = desk.accounts[order.account_id], order.instrument
    is_shut = not account.is_active or instrument.status == Status.SUSPENDED
    has_no_short = order.side == OrderSide.SELL and not instrument.allows_short
    is_too_levered = order.leverage > min(account.max_leverage, instrument.max_leverage)
    return order.reduce_only or is_shut or has_no_short or is_too_levered


def _reducible(order: Order, desk: Desk) -> Decimal:
    held = desk.position(order.account_id, order.instrument_id)
    if held is None or held.direction == OrderSide(order.side).direction:
        return Decimal(0)
    return held.size


def _closing_only(order: Order, refused: Refused, base: Decimal, prices: PriceRange, desk: Desk) -> Receipt:
    """Return the end of an order that may not open: what it closes is filled, the rest of it cancelled."""
    closing = _reducible(order, desk)
    executions = (_execution(order, closing, base, prices, desk),) if closing else ()
    told = _receipt(order, ReceiptStatus.CANCELLED, *executions, reason=refused.message)
    return replace(told, reject_code=refused.code)


def _execution(order: Order, part: Decimal, base: Decimal, prices: PriceRange, desk: Desk) -> Execution:
    terms = _terms(order, part, base, prices, desk)
    fill_id = f"{order.client_order_id}+{plain(order.filled_quantity)}"
    return Execution(fill_id, part, terms.price, terms.commission, prices.last.at)


def _terms(order: Order, part: Decimal, base: Decimal, prices: PriceRange, desk: Desk) -> FillTerms:
    if is_limited(order):
        return fill_at(base, instrument=order.instrument, quantity=part)
    return market_fill(
        instrument=order.instrument,
        quote=prices.at(base),
        direction=OrderSide(order.side).direction,
        quantity=part,
        seed=desk.accounts[order.account_id].seed,
        leg=order.leg,
    )


def _receipt(order: Order, status: ReceiptStatus, *executions: Execution, reason: str = "") -> Receipt:
    return Receipt(order.client_order_id, order.account_id, status, executions, reason=reason)
