"""Closes all that a switch covers: cancels what works, sells what is long, buys back what is short, then halts.

A round may be cut short, or a price be missing: the switch says that it is `flattening` until nothing is left, and
the next round goes on. Two rounds at once close nothing twice: each looks at the positions under the accounts' locks.
"""

import logging
import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

from django.db import OperationalError

from trading.brokers import broker_for
from trading.models import (
    WORKING,
    Order,
    OrderOrigin,
    OrderSide,
    OrderStatus,
    Outcome,
    Position,
    ScopeType,
    Switch,
    SwitchState,
    TimeInForce,
)
from trading.selectors.covered import ASKED, covered_orders, covered_positions
from trading.services.batch import Batch
from trading.services.desk import Clock, Desk
from trading.services.halting import cancel_forbidden
from trading.services.road import LARGEST_BATCH, walk
from trading.tickets import Proposal

logger = logging.getLogger(__name__)

_ON_THE_WAY = (OrderStatus.SUBMITTING, OrderStatus.UNKNOWN, *WORKING)


def flatten(switch: Switch, *, clock: Clock) -> None:
    """Close what a flattening switch covers, in batches; halt it once nothing is held and nothing works."""
    cancel_forbidden(switch, clock=clock)
    held = covered_positions(switch.scope_type, switch.scope_id).order_by("account__exchange", "account")
    accounts = held.values_list("account__exchange", "account").distinct()
    for exchange, rows in groupby(list(accounts), key=lambda row: row[0]):
        for batch in _batches([account_id for _, account_id in rows]):
            _close(switch, batch, exchange=exchange, clock=clock)
    if _is_flat(switch):
        flattening = Switch.objects.filter(pk=switch.pk, flattening=True)
        flattening.update(flattening=False, state=SwitchState.HALTED, changed_at=clock())


def _is_flat(switch: Switch) -> bool:
    scope = (switch.scope_type, switch.scope_id)
    works = covered_orders(*scope).filter(status__in=_ON_THE_WAY, origin__in=(*ASKED, OrderOrigin.FLATTEN))
    return not covered_positions(*scope).exists() and not works.exists()


def _close(switch: Switch, account_ids: Sequence[UUID], *, exchange: str, clock: Clock) -> None:
    """Close one batch. One that fails is halved until the account that fails it is alone: it is left for later."""

    def propose(desk: Desk) -> list[Proposal]:
        return [_closing(switch, position, desk) for position in _to_close(switch, desk)]

    try:
        walk(account_ids, instruments=[], broker=broker_for(exchange), propose=propose, record=_log, clock=clock)
    except OperationalError:
        raise  # the database is away: the next round looks again
    except Exception:
        if len(account_ids) == 1:
            logger.exception("account %s could not be flattened", account_ids[0])
            return
        half = len(account_ids) // 2
        for part in (account_ids[:half], account_ids[half:]):
            _close(switch, part, exchange=exchange, clock=clock)


def _to_close(switch: Switch, desk: Desk) -> Iterator[Position]:
    """Yield the positions of the locked desk that the switch covers and that no order is closing already."""
    covered = covered_positions(switch.scope_type, switch.scope_id).filter(account__in=list(desk.accounts))
    wanted = set(covered.order_by().values_list("pk", flat=True))
    closing = Order.objects.filter(account__in=list(desk.accounts), origin=OrderOrigin.FLATTEN, status__in=_ON_THE_WAY)
    busy = set(closing.order_by().values_list("account", "instrument"))
    for account_id, held in desk.positions.items():
        for instrument_id, position in held.items():
            if position.id in wanted and (account_id, instrument_id) not in busy:
                yield position


def _closing(switch: Switch, position: Position, desk: Desk) -> Proposal:
    return Proposal(
        account_id=position.account_id,
        instrument=desk.instruments[position.instrument_id],
        side=OrderSide.SELL if position.direction > 0 else OrderSide.BUY,
        leverage=position.leverage,
        client_order_id=uuid.uuid4().hex,
        time_in_force=TimeInForce.IOC,
        reduce_only=True,
        protects=True,
        origin=OrderOrigin.FLATTEN,
        bot_id=switch.scope_id if switch.scope_type == ScopeType.BOT else None,
    )


def _log(batch: Batch) -> Sequence[Outcome]:
    for refusal in batch.plan.refusals:
        where = (refusal.proposal.account_id, refusal.proposal.instrument.symbol)
        logger.warning("account %s could not be flattened in %s: %s", *where, refusal.code)
    return ()


def _batches(account_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (account_ids[start : start + LARGEST_BATCH] for start in range(0, len(account_ids), LARGEST_BATCH))
