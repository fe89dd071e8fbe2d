"""Closes what accounts hold, protected so that no switch stops it: for terminate, limits that flatten, and bots."""

import hashlib
import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import TradingAccount
from core.clock import Clock
from core.exact import plain
from trading.brokers import broker_for
from trading.brokers.base import Broker
from trading.desk import Desk
from trading.models import Order, OrderOrigin, OrderStatus, Outcome, Position
from trading.services.batch import Batch
from trading.services.halving import in_halves
from trading.services.road import batches, walk
from trading.tickets import Proposal

logger = logging.getLogger(__name__)

FAILED = "The desk failed on this account; the log holds why."


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of one position: its order, or the code and the sentence of why it is still open.

    Where the books of a whole account failed there is one of these for it, without a symbol.
    """

    account_id: UUID
    symbol: str = ""
    order: Order | None = None
    code: str = ""
    reason: str = ""

    @property
    def is_closed(self) -> bool:
        return not self.code


Stored = Callable[[list[Closing]], None]
Choose = Callable[[Desk], Iterable[Position]]
# Of the ids of chosen positions, those that are put down to the bot.
Named = Callable[[Collection[UUID]], Collection[UUID]]


def all_held(desk: Desk) -> Iterator[Position]:
    """Yield every open position of a desk."""
    return (position for of_account in desk.positions.values() for position in of_account.values())


def held_in(instrument_ids: Collection[UUID]) -> Choose:
    """Return what chooses the open positions in these instruments."""
    return lambda desk: (position for position in all_held(desk) if position.instrument_id in instrument_ids)


@dataclass(frozen=True, slots=True)
class _Run:
    """What one call of `flatten` is about; `id` is in the client order ids of all its orders."""

    id: UUID
    choose: Choose
    bot_id: UUID | None
    named: Named | None
    origin: OrderOrigin
    clock: Clock
    stored: Stored | None


def flatten(
    account_ids: Collection[UUID],
    *,
    choose: Choose = all_held,
    bot_id: UUID | None = None,
    named: Named | None = None,
    origin: OrderOrigin = OrderOrigin.FLATTEN,
    clock: Clock,
    run_id: UUID | None = None,
    stored: Stored | None = None,
) -> list[Closing]:
    """Close at market what `choose` names of what these accounts hold, all where nothing is said; tell of each.

    One protected, reduce-only order per position, put down to `origin` and to `bot_id`, where `named` is given only
    that of a position which it names: it passes every switch and rests on no account being active. What an account
    holds is read under its lock, so flattening twice closes once. Locks, and one walk of the road, per venue and
    LARGEST_BATCH accounts: the statements do not grow with the positions. A batch that fails is halved until the
    account that fails it is alone, and is told with the code INTERNAL; raises OperationalError where the database is
    away. Orders that still work are left alone.

    `stored` is called with what is known in each transaction that stores orders; `orders_of_run` finds them again.
    Who asks for that is told of a failure by the failure itself.
    """
    run = _Run(run_id or uuid.uuid4(), choose, bot_id, named, origin, clock, stored)
    return [
        closing
        for exchange, batch in _batches_by_exchange(account_ids)
        for closing in _flatten_batch(run, batch, broker_for(exchange))
    ]


def orders_of_run(run_id: UUID, account_id: UUID) -> list[Closing]:
    """Return what became by now of the orders that a run stored on one account; it may have died since."""
    orders = Order.objects.filter(account=account_id, client_order_id__startswith=_prefix(run_id))
    return [closing_of(order) for order in orders.select_related("instrument").order_by("pk")]


def closing_of(order: Order) -> Closing:
    """Tell of a position by its closing order: it is closed once that is filled, and may be open until then."""
    symbol, code, reason = order.instrument.symbol, "", ""
    if order.status != OrderStatus.FILLED:
        code = order.reject_code or order.status.upper()
        filled = f"The order is {order.status}; {plain(order.filled_quantity)} of {plain(order.quantity)} is filled."
        reason = order.reject_reason or filled
    return Closing(order.account_id, symbol, order, code, reason)


def _batches_by_exchange(account_ids: Collection[UUID]) -> Iterator[tuple[str, list[UUID]]]:
    rows = TradingAccount.objects.living().filter(pk__in=list(account_ids)).order_by("exchange", "pk")
    by_exchange: dict[str, list[UUID]] = {}
    for account_id, exchange in rows.values_list("pk", "exchange"):
        by_exchange.setdefault(exchange, []).append(account_id)
    for exchange, ids in by_exchange.items():
        yield from ((exchange, batch) for batch in batches(ids))


def _flatten_batch(run: _Run, account_ids: Sequence[UUID], broker: Broker) -> list[Closing]:
    def work(some: Sequence[UUID]) -> list[Closing]:
        return _walked(run, some, broker)

    if run.stored is not None:
        return work(account_ids)
    return [closing for closings in in_halves(account_ids, work, alone=_failed) for closing in closings]


def _failed(account_id: UUID, error: Exception) -> list[Closing]:
    logger.error("flattening account %s failed", account_id, exc_info=error)
    return [Closing(account_id, code="INTERNAL", reason=FAILED)]


def _walked(run: _Run, account_ids: Sequence[UUID], broker: Broker) -> list[Closing]:
    def propose(desk: Desk) -> list[Proposal]:
        held = list(run.choose(desk))
        ids = {position.id for position in held}
        named = ids if run.named is None else run.named(ids)
        return [_proposal(run, each, desk, bot_id=run.bot_id if each.id in named else None) for each in held]

    def record(batch: Batch) -> Sequence[Outcome]:
        if run.stored is not None and batch.orders:
            run.stored(_closings(batch))
        return ()

    return _closings(walk(account_ids, instruments=[], broker=broker, propose=propose, record=record, clock=run.clock))


def _proposal(run: _Run, position: Position, desk: Desk, *, bot_id: UUID | None) -> Proposal:
    return Proposal(
        account_id=position.account_id,
        instrument=desk.instruments[position.instrument_id],
        side=position.closing_side,
        leverage=position.leverage,
        client_order_id=_client_order_id(run.id, position.instrument_id),
        reduce_only=True,
        protects=True,
        bot_id=bot_id,
        origin=run.origin,
    )


def _client_order_id(run_id: UUID, instrument_id: UUID) -> str:
    """Return 32 characters, once per account: the run's, by which its orders are found, then the instrument's."""
    return _prefix(run_id) + hashlib.sha256(instrument_id.bytes).hexdigest()[:12]


def _prefix(run_id: UUID) -> str:
    return run_id.hex[:20]


def _closings(batch: Batch) -> list[Closing]:
    refused = [
        Closing(each.proposal.account_id, each.proposal.instrument.symbol, code=each.code, reason=each.reason)
        for each in batch.plan.refusals
    ]
    return [*(closing_of(order) for order in batch.orders.values()), *refused]
