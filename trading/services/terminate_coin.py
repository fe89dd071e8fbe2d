"""Ends all that accounts have going in one coin: orders are cancelled, then positions closed, whoever made them."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from core.clock import Clock
from market.models import Instrument
from trading.models import UNDER_WAY, WORKING, Order, OrderStatus, Position
from trading.models.querysets import OrderQuerySet
from trading.selectors.in_the_name import positions_of_bot
from trading.services.cancel import cancel_orders
from trading.services.flatten import Closing, closing_of, flatten, held_in

WHY_CANCELLED = "The bot was terminated."
_UNDECIDED = (OrderStatus.SUBMITTING, OrderStatus.UNKNOWN)


def terminate_coin(
    account_ids: Collection[UUID], *, base: str, bot_id: UUID, run_id: UUID, clock: Clock
) -> list[Closing]:
    """Cancel and close all that accounts have in any market of a coin, whatever is switched off; return what is left.

    What orders of the bot had a part in is closed in its name, the rest in nobody's: it is no trade of the bot's. Left
    are positions that were not closed, orders that their venue kept, and orders that may yet turn out to be filled.
    One account's trouble is its own; raises OperationalError where the database is away. What is closed stays closed.
    """
    instruments = set(Instrument.objects.filter(base=base).values_list("pk", flat=True))
    orders = Order.objects.filter(account__in=list(account_ids), instrument__in=instruments)
    working = orders.filter(status__in=WORKING).values_list("pk", flat=True)
    cancelled = cancel_orders(list(working), reason=WHY_CANCELLED, clock=clock)
    kept = [closing_of(order) for order in cancelled if order.status in WORKING]
    named = partial(_named, bot_id)
    closings = flatten(account_ids, choose=held_in(instruments), bot_id=bot_id, named=named, clock=clock, run_id=run_id)
    return [*(closing for closing in closings if not closing.is_closed), *kept, *_undecided(orders, closings)]


def left_of_coin(account_ids: Collection[UUID], *, base: str) -> list[Closing]:
    """Return what accounts have in any market of a coin now: open positions, and orders that are not over."""
    held = Position.objects.open().filter(account__in=list(account_ids), instrument__base=base)
    orders = Order.objects.filter(account__in=list(account_ids), instrument__base=base, status__in=UNDER_WAY)
    positions = held.select_related("instrument").order_by("account", "pk")
    return [*map(_still_open, positions), *_told(orders)]


def _named(bot_id: UUID, position_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some positions that orders of a bot had a part in."""
    named = positions_of_bot(bot_id).filter(pk__in=position_ids)
    return set(named.order_by().values_list("pk", flat=True))


def _undecided(orders: OrderQuerySet, closings: Collection[Closing]) -> list[Closing]:
    """Return the orders of which nobody knows yet whether they are filled, but those that are told of already."""
    told = [closing.order.pk for closing in closings if closing.order is not None]
    return _told(orders.filter(status__in=_UNDECIDED).exclude(pk__in=told))


def _told(orders: OrderQuerySet) -> list[Closing]:
    return [closing_of(order) for order in orders.select_related("instrument").order_by("account", "pk")]


def _still_open(position: Position) -> Closing:
    return Closing(position.account_id, position.instrument.symbol, code="OPEN", reason="The position is still open.")
