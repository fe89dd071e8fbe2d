"""One pass of the road for a signal: what each account of a batch is to do, and its own outcome when that fails."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import OperationalError, transaction

from market.models import Instrument
from trading.brokers.base import Broker
from trading.decisions import Step, decide
from trading.intents import Intent
from trading.models import Order, OrderOrigin, OrderSide, Outcome, OutcomeStatus, Position, Signal
from trading.services.desk import Clock, Desk
from trading.services.outcomes import PassOutcomes, end_outcomes
from trading.services.road import walk
from trading.tickets import Proposal, hashed_id

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


def run_pass(step: Pass, account_ids: Sequence[UUID]) -> None:
    """Run one batch. One that fails is halved until the account that fails it is alone, and is told so."""
    outcomes = PassOutcomes(step.signal, leg=step.leg)

    def propose(desk: Desk) -> list[Proposal]:
        left = outcomes.load(account_ids)
        proposals = (_propose(step, account_id, desk=desk, outcomes=outcomes) for account_id in left)
        return [proposal for proposal in proposals if proposal is not None]

    try:
        walk(
            account_ids,
            instruments=[step.instrument],
            broker=step.broker,
            propose=propose,
            record=outcomes.record,
            clock=step.clock,
        )
    except OperationalError:
        raise  # the database is away: nothing is known of the accounts, the signal is run again
    except Exception:
        if len(account_ids) == 1:
            logger.exception("signal %s failed on account %s", step.signal.id, account_ids[0])
            _mark_failed(step, account_ids[0])
            return
        half = len(account_ids) // 2
        for part in (account_ids[:half], account_ids[half:]):
            run_pass(step, part)


def client_order_id(signal_id: UUID, account_id: UUID, leg: int) -> str:
    """Return the id that a broker knows this order by, the same at every try."""
    return hashed_id(signal_id, account_id, leg)


def _propose(step: Pass, account_id: UUID, *, desk: Desk, outcomes: PassOutcomes) -> Proposal | None:
    """Return the order that this pass wants on one account; None where its outcome is decided without one."""
    if account_id not in desk.accounts:
        outcomes.settle(account_id, OutcomeStatus.REJECTED, "ACCOUNT_INACTIVE", "The account is deleted.")
        return None
    held = desk.position(account_id, step.instrument.id)
    if step.leg > 1:
        return _second_leg(step, account_id, held, outcomes)
    intent = step.intent
    decision = decide(intent.side, held.direction if held else 0, intent.rules, closes_only=intent.closes_only)
    if decision.step is Step.NOTHING:
        outcomes.settle(account_id, OutcomeStatus.SKIPPED, decision.code, decision.reason)
        return None
    if decision.step is Step.OPEN or held is None:
        return _opening(step, account_id)
    if decision.step is Step.CLOSE_THEN_OPEN:
        outcomes.expect_second_leg(account_id)
    return _closing(step, account_id, held)


def _second_leg(step: Pass, account_id: UUID, held: Position | None, outcomes: PassOutcomes) -> Proposal | None:
    if held is None:
        return _opening(step, account_id)
    outcomes.settle(account_id, OutcomeStatus.REJECTED, "NOT_FLAT", "The account is not flat; nothing was opened.")
    return None


def _opening(step: Pass, account_id: UUID) -> Proposal:
    intent = step.intent
    return Proposal(
        account_id=account_id,
        instrument=step.instrument,
        side=OrderSide(intent.side.value),
        leverage=intent.leverage,
        client_order_id=client_order_id(step.signal.id, account_id, step.leg),
        size=intent.parsed_size,
        stop_loss=intent.parsed_stop_loss,
        take_profit=intent.parsed_take_profit,
        signal_id=step.signal.id,
        bot_id=step.signal.bot_id,
        leg=step.leg,
        origin=OrderOrigin.SIGNAL,
    )


def _closing(step: Pass, account_id: UUID, held: Position) -> Proposal:
    return Proposal(
        account_id=account_id,
        instrument=step.instrument,
        side=OrderSide.SELL if held.direction > 0 else OrderSide.BUY,
        leverage=held.leverage,
        client_order_id=client_order_id(step.signal.id, account_id, step.leg),
        reduce_only=True,
        signal_id=step.signal.id,
        bot_id=step.signal.bot_id,
        leg=step.leg,
        origin=OrderOrigin.SIGNAL,
    )


def _mark_failed(step: Pass, account_id: UUID) -> None:
    reason = "The desk failed on this account; the log holds why."
    with transaction.atomic():
        sent = Order.objects.filter(signal=step.signal, account=account_id, leg=step.leg).exists()
        pending = Outcome.objects.filter(signal=step.signal, account=account_id, status=OutcomeStatus.PENDING)
        end_outcomes(pending, OutcomeStatus.UNKNOWN if sent else OutcomeStatus.REJECTED, reason, now=step.clock())
