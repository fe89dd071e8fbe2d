"""Matching on paper: a batch of prices fills the orders and takes the exits that it meets, on all accounts at once.

What is met is found in one statement; the accounts are then locked and asked again, so that two at once fill nothing
twice. What waits for its price since after a batch began is left to the next one: it may have come too late for the
lowest and the highest of this one. On each account exits come first, then orders from the oldest on, then the look at
its margin.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import localcontext
from uuid import UUID

from django.db import transaction

from core.clock import Clock
from core.exact import WIDE
from market.quotes import is_stale
from market.ranges import PriceRange
from trading.desk import Desk, rest_of
from trading.models import WORKING, Order, Position
from trading.selectors.desks import load_holdings, load_working
from trading.selectors.triggered import MOST_HITS, Hit, triggered
from trading.services.apply import Books, apply_receipt, write_books
from trading.services.close_out import close_out
from trading.services.facts import tell
from trading.services.halving import in_halves
from trading.services.meeting import exit_of, is_met, meet
from trading.services.outcomes import settle_by_orders
from trading.services.protective import place_protective
from trading.services.road import batches

logger = logging.getLogger(__name__)

# By instrument, or by position.
Prices = dict[UUID, PriceRange]


@dataclass(frozen=True, slots=True)
class Matched:
    """How many orders and positions a batch of prices met, and on how many accounts nothing could be done."""

    met: int
    failed_accounts: int


def match(ranges: Collection[PriceRange], *, clock: Clock) -> Matched:
    """Fill what these prices meet. One that is stale by now meets nothing. Raises OperationalError."""
    now = clock()
    prices = {row.instrument.id: row for row in ranges if not is_stale(row.last, row.instrument, now=now)}
    seen: set[UUID] = set()
    failed = 0
    while prices:
        hits = triggered(list(prices.values()), passing_over=seen)
        for batch in _batches(hits):
            failed += _match_accounts(batch, prices, clock=clock)
        seen |= {hit.row_id for hit in hits}
        if len(hits) < MOST_HITS:
            break
    return Matched(len(seen), failed)


def _batches(hits: Iterable[Hit]) -> list[dict[UUID, list[Hit]]]:
    """Return the hits by account, the accounts in batches of a size that one transaction takes."""
    by_account: dict[UUID, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_account[hit.account_id].append(hit)
    return [{pk: by_account[pk] for pk in batch} for batch in batches(sorted(by_account))]


def _match_accounts(hits: dict[UUID, list[Hit]], prices: Prices, *, clock: Clock) -> int:
    """Match one batch; return on how many accounts that failed. One that fails is halved until it is alone.

    Raises OperationalError where the database is away: what is met stays so, and the next prices find it.
    """

    def work(account_ids: Sequence[UUID]) -> int:
        with localcontext(WIDE), transaction.atomic():
            _match_locked({pk: hits[pk] for pk in account_ids}, prices, clock=clock)
        return 0

    return sum(in_halves(list(hits), work, alone=_not_matched))


def _not_matched(account_id: UUID, error: Exception) -> int:
    logger.error("account %s could not be matched", account_id, exc_info=error)
    return 1


def _match_locked(hits: dict[UUID, list[Hit]], prices: Prices, *, clock: Clock) -> None:
    desk = load_holdings(
        list(hits),
        instruments=[row.instrument for row in prices.values()],
        clock=clock,
        quotes={instrument_id: row.last for instrument_id, row in prices.items()},
    )
    met = [hit for of_account in hits.values() for hit in of_account]
    exposed = _exposed(desk, prices)
    books = Books(desk, touched=set(desk.accounts))
    _take_exits(books, {hit.row_id: exposed[hit.row_id] for hit in met if hit.row_id in exposed})
    _fill_orders(books, [hit.row_id for hit in met if hit.is_order], prices)
    write_books(books)
    close_out(books, exposed)
    tell(books, settle_by_orders(books.orders.values(), now=desk.now, timings={}))


def _exposed(desk: Desk, prices: Prices) -> Prices:
    """Return, by position, the prices whose extremes count for it: it stands as it does since before they began."""
    known = [position for position in _positions(desk) if position.instrument_id in prices]
    seen = {position.id: prices[position.instrument_id] for position in known}
    return {position.id: seen[position.id] for position in known if seen[position.id].meets_since(position.armed_at)}


def _take_exits(books: Books, prices: Prices) -> None:
    """Place what takes positions out at their exits, by their `prices`. What is left of one waits for its own order,
    no more for both.
    """
    held = [position for position in _positions(books.desk) if position.id in prices]
    taken = {position.id: exit_of(position, prices[position.id]) for position in held}
    place_protective(books, [proposal for proposal in taken.values() if proposal is not None])
    for position in held:
        proposal = taken[position.id]
        if proposal is not None and position.is_open and position.id in books.changed:
            position.take_profit = None
            if proposal.price is None:
                position.stop_loss = None


def _positions(desk: Desk) -> list[Position]:
    return [position for of_account in desk.positions.values() for position in of_account.values()]


def _fill_orders(books: Books, order_ids: Sequence[UUID], prices: Prices) -> None:
    """Meet the orders one after another: what one of an account leaves is what the next one is asked on."""
    desk, orders = books.desk, _orders_met(order_ids, prices)
    if orders:
        load_working(desk, {order.instrument_id for order in orders})
    for order in orders:
        before = rest_of(order)
        apply_receipt(order, meet(order, prices[order.instrument_id], desk), books)
        desk.move_rest(order, before)


def _orders_met(order_ids: Sequence[UUID], prices: Prices) -> list[Order]:
    """Return the orders that are still at work and still met, now that their accounts are locked."""
    found = Order.objects.filter(pk__in=order_ids, status__in=WORKING) if order_ids else Order.objects.none()
    armed = found.exclude(falls_to=None, rises_to=None)  # a switch disarms what it forbids
    orders = armed.select_related("instrument").order_by("account", "created_at", "client_order_id")
    return [order for order in orders if is_met(order, prices[order.instrument_id])]
