"""One pass of the road for a signal: what each account of a batch is to do, and its own outcome when that fails."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import transaction

from core.clock import Clock
from market.models import Instrument
from trading.brokers.base import Broker
from trading.desk import Desk
from trading.intents import Intent
from trading.models import Order, Outcome, OutcomeStatus, Signal
from trading.services.halving import in_halves
from trading.services.outcomes import PassOutcomes, end_outcomes
from trading.services.road import walk
from trading.services.wanted import Ask, Settled, wanted_of
from trading.tickets import Proposal

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pass:
    """A signal's leg 1 (open, add, close, or the close of a reversal) or leg 2 (the opening of a reversal)."""

    signal: Signal
    instrument: Instrument
    intent: Intent
    leg: int
    broker: Broker
    clock: Clock

    @property
    def ask(self) -> Ask:
        return Ask(self.signal.id, self.signal.bot_id, self.instrument, self.intent, self.leg)


def run_pass(step: Pass, account_ids: Sequence[UUID]) -> None:
    """Run one batch. One that fails is halved until the account that fails it is alone, and is told so.

    Raises OperationalError where the database is away: the signal is run again.
    """

    def alone(account_id: UUID, error: Exception) -> None:
        logger.error("signal %s failed on account %s", step.signal.id, account_id, exc_info=error)
        _mark_failed(step, account_id)

    in_halves(account_ids, partial(_walk, step), alone=alone)


def _walk(step: Pass, account_ids: Sequence[UUID]) -> None:
    outcomes = PassOutcomes(step.signal, leg=step.leg)

    def propose(desk: Desk) -> list[Proposal]:
        left = outcomes.load(account_ids)
        proposals = (_propose(step, account_id, desk=desk, outcomes=outcomes) for account_id in left)
        return [proposal for proposal in proposals if proposal is not None]

    walk(
        account_ids,
        instruments=[step.instrument],
        broker=step.broker,
        propose=propose,
        record=outcomes.record,
        clock=step.clock,
    )


def _propose(step: Pass, account_id: UUID, *, desk: Desk, outcomes: PassOutcomes) -> Proposal | None:
    """Return the order that this pass wants on one account; None where its outcome is decided without one."""
    wanted = wanted_of(step.ask, account_id, desk)
    if isinstance(wanted, Settled):
        outcomes.settle(account_id, wanted.status, wanted.code, wanted.reason)
        return None
    if wanted.opens_next:
        outcomes.expect_second_leg(account_id)
    return wanted.proposal


def _mark_failed(step: Pass, account_id: UUID) -> None:
    reason = "The desk failed on this account; the log holds why."
    with transaction.atomic():
        sent = Order.objects.filter(signal=step.signal, account=account_id, leg=step.leg).exists()
        pending = Outcome.objects.filter(signal=step.signal, account=account_id, status=OutcomeStatus.PENDING)
        end_outcomes(pending, OutcomeStatus.UNKNOWN if sent else OutcomeStatus.REJECTED, reason, now=step.clock())
