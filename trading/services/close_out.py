"""Close-out: an account below its maintenance margin loses its orders at work, then positions, largest loss first."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from uuid import UUID

from core.exact import to_money
from market.ranges import PriceRange
from trading.desk import Desk
from trading.engine.money import maintenance_margin, unrealized_profit
from trading.models import WORKING, Order, OrderOrigin, Position
from trading.services.apply import Books, apply_receipt, write_books
from trading.services.meeting import closing
from trading.services.protective import place_protective
from trading.tickets import Proposal, Receipt, ReceiptStatus

WHY_CANCELLED = "The account was closed out: its equity fell below its maintenance margin."

# By position: the prices that it was exposed to from their beginning on. Others count at the desk's newest.
Prices = Mapping[UUID, PriceRange]


def close_out(books: Books, prices: Prices) -> None:
    """Close positions of the touched accounts until none is below its maintenance margin, at the worst of `prices`.

    Runs on the locked desk, writes round by round, and takes all of it into `books` to be told. An account may end
    with less than nothing where the market jumped: what is lost is lost.
    """
    closed: set[UUID] = set()
    under = below(books.desk, books.touched, prices)
    if under:
        _cancel_at_work(books, under)
    while under:
        proposals = [found for pk in under if (found := _largest_loss(books.desk, pk, prices, closed))]
        closing_round = Books(books.desk, touched=set(under))
        place_protective(closing_round, proposals)
        if not closing_round.fills:
            return
        write_books(closing_round)
        books.add(closing_round)
        under = below(books.desk, under, prices)


def below(desk: Desk, account_ids: Collection[UUID], prices: Prices) -> list[UUID]:
    """Return the paper accounts whose equity is less than the maintenance margin of what they hold."""
    held = {pk: list(desk.positions[pk].values()) for pk in sorted(account_ids) if desk.accounts[pk].is_paper}
    return [pk for pk, positions in held.items() if positions and _slack(desk, pk, positions, prices) < 0]


def _slack(desk: Desk, account_id: UUID, held: Collection[Position], prices: Prices) -> Decimal:
    slack = desk.accounts[account_id].balance
    for position in held:
        rate = desk.instruments[position.instrument_id].maintenance_margin_rate
        needed = to_money(maintenance_margin(position.size * _worst_mark(desk, position, prices), rate))
        slack += _profit(desk, position, prices) - needed
    return slack


def _profit(desk: Desk, position: Position, prices: Prices) -> Decimal:
    mark = _worst_mark(desk, position, prices)
    return to_money(unrealized_profit(position.direction, position.size, position.entry_cost, mark))


def _worst_mark(desk: Desk, position: Position, prices: Prices) -> Decimal:
    """Return the mid that was worst for a position; the newest where none of the prices are its own."""
    seen = prices.get(position.id)
    if seen is None:
        return desk.mark(position)
    if position.direction > 0:
        return (seen.low_bid + seen.low_ask) / 2
    return (seen.high_bid + seen.high_ask) / 2


def _largest_loss(desk: Desk, account_id: UUID, prices: Prices, closed: set[UUID]) -> Proposal | None:
    """Return the order that closes the account's worst position that none was placed for yet; None where none is."""
    held = [row for row in desk.positions[account_id].values() if row.id not in closed and _range(desk, row, prices)]
    if not held:
        return None
    worst = min(
        held, key=lambda position: (_profit(desk, position, prices), desk.instruments[position.instrument_id].symbol)
    )
    closed.add(worst.id)
    seen = _range(desk, worst, prices)
    assert seen is not None
    price = seen.low_bid if worst.direction > 0 else seen.high_ask
    return closing(worst, OrderOrigin.CLOSE_OUT, seen, price=price)


def _range(desk: Desk, position: Position, prices: Prices) -> PriceRange | None:
    if position.id in prices:
        return prices[position.id]
    quote = desk.quotes.get(position.instrument_id)
    return PriceRange.of(desk.instruments[position.instrument_id], [quote]) if quote else None


def _cancel_at_work(books: Books, account_ids: Collection[UUID]) -> None:
    found = Order.objects.filter(account__in=account_ids, status__in=WORKING).select_related("instrument")
    cancelling = Books(books.desk, touched=set(account_ids))
    for order in found.order_by("account", "created_at", "pk"):
        receipt = Receipt(order.client_order_id, order.account_id, ReceiptStatus.CANCELLED, reason=WHY_CANCELLED)
        apply_receipt(order, receipt, cancelling)
    write_books(cancelling)
    books.add(cancelling)
