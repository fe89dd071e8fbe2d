"""APPLY: from receipts to fills, positions, ledger and order states; each receipt counts once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from accounts.models import TransferKind
from accounts.services.ledger import Entry, post_entries
from core.bulk import insert_rows, update_rows
from core.exact import to_money
from core.ids import fresh_ids
from core.rows import new_row
from trading.desk import Desk
from trading.engine.money import closing_part, cost_of_part, initial_margin, profit
from trading.models import WORKING, Fill, Order, OrderSide, OrderStatus, Position, PositionSide
from trading.models.orders import ALLOWED_CHANGES
from trading.services.arming import arm
from trading.services.equity import keep_equity
from trading.tickets import Execution, Receipt, ReceiptStatus
from trading.triggers import NO_TRIGGER, trigger_of_order

_ORDER_STATUS = {
    ReceiptStatus.FILLED: OrderStatus.FILLED,
    ReceiptStatus.PARTIALLY_FILLED: OrderStatus.PARTIALLY_FILLED,
    ReceiptStatus.PENDING: OrderStatus.PENDING,
    ReceiptStatus.CANCELLED: OrderStatus.CANCELLED,
    ReceiptStatus.EXPIRED: OrderStatus.EXPIRED,
    ReceiptStatus.REJECTED: OrderStatus.REJECTED,
    ReceiptStatus.UNKNOWN: OrderStatus.UNKNOWN,
}


@dataclass(slots=True)
class Books:
    """What the receipts change, gathered in memory and then written in one statement a table.

    `booked` are the fills that count already, as (account, venue fill id); the positions of accounts that are `touched`
    are armed anew, as are those of accounts with an order that changed.
    """

    desk: Desk
    booked: set[tuple[UUID, str]] = field(default_factory=set)
    orders: dict[UUID, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    opened: dict[UUID, Position] = field(default_factory=dict)
    changed: dict[UUID, Position] = field(default_factory=dict)
    touched: set[UUID] = field(default_factory=set)
    ids: Iterator[UUID] = field(default_factory=fresh_ids)

    def add(self, other: "Books") -> None:
        """Take in what was written after these, so that it is told as one."""
        for name in ("orders", "opened", "changed"):
            getattr(self, name).update(getattr(other, name))
        self.fills += other.fills
        self.entries += other.entries


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of an execution that closes, or the part that opens: base units, and money in quote currency."""

    number: int
    size: Decimal
    notional: Decimal
    fee: Decimal


def apply_receipts(
    orders: Mapping[tuple[UUID, str], Order],
    receipts: Sequence[Receipt],
    *,
    desk: Desk,
    known_fills: frozenset[tuple[UUID, str]] = frozenset(),
) -> Books:
    """Write what the brokers say; return all of it. `orders` by (account, client order id), locked in `desk`.

    Fills in `known_fills`, as (account, venue fill id), are passed over, as is one that comes twice. An order that is
    not stored yet is stored as the receipts leave it. Runs in the caller's transaction.
    """
    books = Books(desk, booked=set(known_fills))
    for receipt in receipts:
        apply_receipt(orders[receipt.account_id, receipt.client_order_id], receipt, books)
    write_books(books)
    return books


def apply_receipt(order: Order, receipt: Receipt, books: Books) -> None:
    """Take one receipt into the books, in memory: the desk is as it leaves it, nothing is written yet."""
    before = _seen(order)
    for execution in receipt.executions:
        if (order.account_id, execution.venue_fill_id) not in books.booked:
            books.booked.add((order.account_id, execution.venue_fill_id))
            _book(order, execution, books)
    _set_status(order, receipt)
    _set_rest(order, books.desk)
    if _seen(order) != before or order._state.adding:
        order.updated_at = order.armed_at = books.desk.now
        books.orders[order.pk] = order


def margin_of_rest(order: Order, left: Decimal) -> Decimal:
    """Return what an order ties up with `left` of it at work, in quote currency: at its own price, by its leverage."""
    price = order.own_price
    if order.reduce_only or price is None:
        return Decimal(0)
    return to_money(initial_margin(to_money(price * left), order.leverage))


def _seen(order: Order) -> tuple[object, ...]:
    """Return what of an order a receipt may change: one that changes none of it tells nothing."""
    told = order.status, order.filled_quantity, order.venue_order_id, order.reject_code, order.reject_reason
    return *told, order.falls_to, order.rises_to, order.margin


def _set_rest(order: Order, desk: Desk) -> None:
    """Set what an order waits for and ties up; nothing, once it works no more. A venue's orders wait at the venue."""
    works = order.status in WORKING
    trigger = trigger_of_order(order) if works and desk.accounts[order.account_id].is_paper else NO_TRIGGER
    order.falls_to, order.rises_to = trigger.falls_to, trigger.rises_to
    order.margin = margin_of_rest(order, order.quantity - order.filled_quantity) if works else Decimal(0)


def _set_status(order: Order, receipt: Receipt) -> None:
    """Move the order on. A receipt that comes too late for that, a refusal of what was filled, says nothing new."""
    order.venue_order_id = receipt.venue_order_id or order.venue_order_id
    status = _ORDER_STATUS[receipt.status]
    if status not in ALLOWED_CHANGES[OrderStatus(order.status)]:
        return
    order.status = status
    order.reject_code = receipt.reject_code[:40]
    order.reject_reason = receipt.reason[:300]


def write_books(books: Books) -> None:
    """Write what was taken into the books: one statement a table. The positions of its accounts are armed anew.

    Money first: how far an account is from its maintenance margin hangs on its balance.
    """
    if books.entries:
        post_entries(books.entries, accounts=books.desk.accounts, now=books.desk.now)
        books.desk.unposted.clear()
    touched = books.touched | {order.account_id for order in books.orders.values()}
    for position in books.changed.values():
        position.armed_at = books.desk.now  # another size, other exits: prices from before are not for these
    armed = {position.id: position for position in arm(books.desk, touched) if position.id not in books.opened}
    # Closed rows first: one account holds at most one open position in an instrument.
    update_rows(
        Position,
        list((armed | books.changed).values()),
        [
            "size",
            "entry_cost",
            "leverage",
            "stop_loss",
            "take_profit",
            "closed_size",
            "closed_entry_cost",
            "exit_cost",
            "realized_pnl",
            "fee",
            "falls_to",
            "rises_to",
            "armed_at",
            "is_open",
            "closed_at",
        ],
    )
    insert_rows(Position, list(books.opened.values()))
    _write_orders(list(books.orders.values()))
    insert_rows(Fill, books.fills)
    keep_equity(books.desk, dict.fromkeys(fill.account_id for fill in books.fills), at=books.desk.now)


def _write_orders(orders: Sequence[Order]) -> None:
    stored = [order for order in orders if not order._state.adding]
    insert_rows(Order, [order for order in orders if order._state.adding])
    update_rows(
        Order,
        stored,
        [
            "status",
            "filled_quantity",
            "filled_cost",
            "commission",
            "margin",
            "falls_to",
            "rises_to",
            "armed_at",
            "triggered_at",
            "venue_order_id",
            "reject_code",
            "reject_reason",
            "updated_at",
        ],
    )


def _book(order: Order, execution: Execution, books: Books) -> None:
    """Book one execution: a fill for the part that closes, a fill for the part that opens, fee and cost pro rata."""
    held = books.desk.position(order.account_id, order.instrument_id)
    direction = OrderSide(order.side).direction
    closing = closing_part(held.direction, held.size, direction, execution.quantity) if held else Decimal(0)
    opening = execution.quantity - closing
    notional, fee = to_money(execution.price * execution.quantity), execution.commission
    order.filled_quantity += execution.quantity
    order.filled_cost += notional
    order.commission += fee
    realized = Decimal(0)
    if held and closing:
        part = _Part(1, closing, to_money(execution.price * closing), to_money(fee * closing / execution.quantity))
        realized = _close(held, part, execution, books)
        books.fills.append(_fill(order, execution, part, books, position=held, realized=realized))
        notional, fee = notional - part.notional, fee - part.fee
    if opening:
        part = _Part(2 if closing else 1, opening, notional, fee)
        position = _open(order, part, execution, books)
        books.fills.append(_fill(order, execution, part, books, position=position, realized=Decimal(0)))
    reference = f"fill:{execution.venue_fill_id}"
    if realized:
        _enter(Entry(order.account_id, TransferKind.TRADE_PNL, realized, reference), books)
    if execution.commission:
        _enter(Entry(order.account_id, TransferKind.COMMISSION, -execution.commission, reference), books)


def _enter(entry: Entry, books: Books) -> None:
    unposted = books.desk.unposted
    unposted[entry.account_id] = unposted.get(entry.account_id, Decimal(0)) + entry.amount
    books.entries.append(entry)


def _close(held: Position, part: _Part, execution: Execution, books: Books) -> Decimal:
    """Take a part out of the position; return the profit, signed, before fees."""
    cost = to_money(cost_of_part(held.entry_cost, held.size, part.size))
    realized = profit(held.direction, part.notional, cost)
    held.size -= part.size
    held.entry_cost -= cost
    held.closed_size += part.size
    held.closed_entry_cost += cost
    held.exit_cost += part.notional
    held.realized_pnl += realized
    held.fee += part.fee
    if not held.size:
        held.is_open = False
        held.closed_at = execution.at
        held.falls_to = held.rises_to = None
        del books.desk.positions[held.account_id][held.instrument_id]
    _mark_changed(held, books)
    return realized


def _open(order: Order, part: _Part, execution: Execution, books: Books) -> Position:
    held = books.desk.position(order.account_id, order.instrument_id)
    if held is None:
        held = new_row(
            Position,
            id=next(books.ids),
            account_id=order.account_id,
            instrument_id=order.instrument_id,
            side=PositionSide.LONG if order.side == OrderSide.BUY else PositionSide.SHORT,
            size=Decimal(0),
            entry_cost=Decimal(0),
            opened_at=execution.at,
        )
        books.opened[held.id] = held
        books.desk.positions[order.account_id][order.instrument_id] = held
    held.size += part.size
    held.entry_cost += part.notional
    held.leverage = order.leverage
    held.fee += part.fee
    held.stop_loss = order.stop_loss if order.stop_loss is not None else held.stop_loss
    held.take_profit = order.take_profit if order.take_profit is not None else held.take_profit
    _mark_changed(held, books)
    return held


def _mark_changed(position: Position, books: Books) -> None:
    if position.id not in books.opened:
        books.changed[position.id] = position


def _fill(
    order: Order, execution: Execution, part: _Part, books: Books, *, position: Position, realized: Decimal
) -> Fill:
    return new_row(
        Fill,
        id=next(books.ids),
        order_id=order.id,
        account_id=order.account_id,
        instrument_id=order.instrument_id,
        position_id=position.id,
        venue_fill_id=execution.venue_fill_id,
        part=part.number,
        side=order.side,
        quantity=part.size,
        price=execution.price,
        notional=part.notional,
        commission=part.fee,
        realized_pnl=realized,
        created_at=execution.at,
    )
