"""What a signal wants of one account in one pass, from the desk alone: trading does it, the preview tells it."""

from dataclasses import dataclass, replace
from uuid import UUID

from market.models import Instrument
from trading.decisions import Step, decide
from trading.desk import Desk
from trading.intents import Intent
from trading.models import OrderOrigin, OrderSide, OutcomeStatus, Position
from trading.services.plan import whole_size
from trading.services.refused import Refused
from trading.sizes import BadSize, Size
from trading.tickets import Proposal, hashed_id


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of every account: leg 1 (open, add, close, or the close of a reversal), or leg 2 (its opening)."""

    signal_id: UUID
    bot_id: UUID | None
    instrument: Instrument
    intent: Intent
    leg: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order that is wanted; `opens_next` says that the opening of a reversal comes after it."""

    proposal: Proposal
    step: Step
    opens_next: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """An outcome that needs no order."""

    status: OutcomeStatus
    code: str
    reason: str


def wanted_of(ask: Ask, account_id: UUID, desk: Desk) -> Wanted | Settled:
    """Return the order that this pass wants on one account, or the outcome that is decided without one."""
    if account_id not in desk.accounts:
        return Settled(OutcomeStatus.REJECTED, "ACCOUNT_INACTIVE", "The account is deleted.")
    held, intent = desk.position(account_id, ask.instrument.id), ask.intent
    if ask.leg > 1:
        return _second_leg(ask, account_id, held)
    decision = decide(intent.side, held.direction if held else 0, intent.rules, closes_only=intent.closes_only)
    if decision.step is Step.NOTHING:
        return Settled(OutcomeStatus.SKIPPED, decision.code, decision.reason)
    if decision.step is Step.OPEN or held is None:
        return _opened(ask, account_id)
    if decision.step is Step.RESIZE:
        return _resized(ask, account_id, held, desk)
    return Wanted(_closing(ask, account_id, held), decision.step, opens_next=decision.step is Step.CLOSE_THEN_OPEN)


def client_order_id(signal_id: UUID, account_id: UUID, leg: int) -> str:
    """Return the id that a broker knows this order by, the same at every try."""
    return hashed_id(signal_id, account_id, leg)


def _second_leg(ask: Ask, account_id: UUID, held: Position | None) -> Wanted | Settled:
    if held is None:
        return _opened(ask, account_id)
    return Settled(OutcomeStatus.REJECTED, "NOT_FLAT", "The account is not flat; nothing was opened.")


def _opened(ask: Ask, account_id: UUID) -> Wanted | Settled:
    try:
        size = ask.intent.size_on(account_id)
    except BadSize as refused:
        return Settled(OutcomeStatus.REJECTED, refused.code, refused.message)
    return Wanted(_opening(ask, account_id, size), Step.OPEN)


def _resized(ask: Ask, account_id: UUID, held: Position, desk: Desk) -> Wanted | Settled:
    """Return the order that brings a position to the size asked for, as that comes to now."""
    try:
        opening = _opening(ask, account_id, ask.intent.size_on(account_id))
        wanted = whole_size(opening, desk)
    except (BadSize, Refused) as refused:
        return Settled(OutcomeStatus.REJECTED, refused.code, refused.message)
    if wanted == held.size:
        return Settled(OutcomeStatus.SKIPPED, "ALREADY_AT_TARGET", "The position is of the size asked for.")
    if wanted < held.size:
        return Wanted(replace(_closing(ask, account_id, held), quantity=held.size - wanted), Step.RESIZE)
    return Wanted(replace(opening, size=None, quantity=wanted - held.size), Step.RESIZE)


def _opening(ask: Ask, account_id: UUID, size: Size | None) -> Proposal:
    intent = ask.intent
    return Proposal(
        account_id=account_id,
        instrument=ask.instrument,
        side=OrderSide(intent.side.value),
        leverage=intent.leverage,
        client_order_id=client_order_id(ask.signal_id, account_id, ask.leg),
        size=size,
        stop_loss=intent.parsed_stop_loss,
        take_profit=intent.parsed_take_profit,
        signal_id=ask.signal_id,
        bot_id=ask.bot_id,
        leg=ask.leg,
        origin=OrderOrigin.SIGNAL,
    )


def _closing(ask: Ask, account_id: UUID, held: Position) -> Proposal:
    return Proposal(
        account_id=account_id,
        instrument=ask.instrument,
        side=held.closing_side,
        leverage=held.leverage,
        client_order_id=client_order_id(ask.signal_id, account_id, ask.leg),
        reduce_only=True,
        signal_id=ask.signal_id,
        bot_id=ask.bot_id,
        leg=ask.leg,
        origin=OrderOrigin.SIGNAL,
    )
