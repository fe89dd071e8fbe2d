"""What orders and signals would do, by the very code of PLAN, on a desk that nobody locks. Writes and sends nothing.

The desk is the preview's own, read for it and thrown away: one leg after another is booked on it.
What it says is what trading then does on paper, at the same quotes; a venue may fill at other prices.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from uuid import UUID, uuid4

from accounts.models import TradingAccount
from core.clock import Clock
from core.exact import WIDE
from market.models import Instrument
from market.services.quotes import refresh_quotes
from trading.decisions import Step
from trading.desk import Desk, position_margin
from trading.intents import Intent
from trading.models import Order, OutcomeStatus
from trading.selectors.desks import load_desk
from trading.services.ahead import fill_ahead
from trading.services.orders import OrderRequest, check_is_new, check_its_bot, check_request, proposal_of
from trading.services.outcomes import outcome_of, told_of_order, with_first_leg
from trading.services.plan import make_plan
from trading.services.wanted import Ask, Settled, Wanted, wanted_of
from trading.tickets import Proposal, Refusal, Ticket, Trace


@dataclass(frozen=True, slots=True)
class PreviewedLeg:
    """One order that would be placed: its ticket, and the order as it would be left."""

    ticket: Ticket
    order: Order


@dataclass(frozen=True, slots=True)
class PreviewedAccount:
    """What would become of one account.

    `status`, `code` and `reason` are those of its outcome, or of its order; `margin` is what its position in the
    instrument and the order would tie up then, in quote currency; `checks` the arithmetic and each check's verdict.
    """

    account_id: UUID
    account_name: str
    decision: str
    status: str
    code: str = ""
    reason: str = ""
    legs: list[PreviewedLeg] = field(default_factory=list)
    margin: Decimal | None = None
    checks: Trace = field(default_factory=list)

    @property
    def trades(self) -> bool:
        """Whether the last of its orders would be taken."""
        return bool(self.legs) and self.status != OutcomeStatus.REJECTED


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of all that is asked: account by account, or a refusal of the whole with its code."""

    symbol: str = ""
    side: str = ""
    results: list[PreviewedAccount] = field(default_factory=list)
    code: str = ""
    reason: str = ""

    @property
    def status(self) -> str:
        refused = self.results and self.error_count == len(self.results)
        return "rejected" if self.code or refused else "accepted"

    @property
    def success_count(self) -> int:
        return sum(result.trades for result in self.results)

    @property
    def error_count(self) -> int:
        return sum(result.status == OutcomeStatus.REJECTED for result in self.results)


def preview_order(account: TradingAccount, *, request: OrderRequest, clock: Clock) -> Preview:
    """Return what `place_order` would do. Raises Invalid and DuplicateClientOrderId as it does."""
    check_request(request)
    proposal = proposal_of(account, request)
    check_is_new(proposal)
    refresh_quotes([request.instrument], clock=clock)
    with localcontext(WIDE):
        desk = load_desk([account.id], instruments=[request.instrument], clock=clock, lock=False)
        check_its_bot(proposal, desk)
        previewed = _order_on(proposal, account, desk)
    return Preview(request.instrument.symbol, request.side, [previewed])


def preview_signal(
    account_ids: Collection[UUID], *, intent: Intent, instrument: Instrument, bot_id: UUID | None, clock: Clock
) -> Preview:
    """Return what a signal on these accounts would do, by their names; the statements do not grow with them."""
    ask = Ask(uuid4(), bot_id, instrument, intent, leg=1)
    refresh_quotes([instrument], clock=clock)
    with localcontext(WIDE):
        desk = load_desk(account_ids, instruments=[instrument], clock=clock, lock=False)
        names = {pk: (account.name, pk) for pk, account in desk.accounts.items()}
        in_order = sorted(account_ids, key=lambda pk: names.get(pk, ("", pk)))
        results = [_signal_on(ask, account_id, desk) for account_id in in_order]
    return Preview(instrument.symbol, intent.side, results)


def _order_on(proposal: Proposal, account: TradingAccount, desk: Desk) -> PreviewedAccount:
    closable = _closable(proposal, desk)  # before the desk moves on
    blank = PreviewedAccount(account.id, account.name, Step.OPEN, OutcomeStatus.REJECTED)
    planned = _planned(proposal, desk)
    if isinstance(planned, Refusal):
        return _refused(blank, planned)
    closes = Step.CLOSE if planned.ticket.quantity <= closable else Step.CLOSE_THEN_OPEN
    decision = closes if closable else Step.OPEN
    return replace(_placed(blank, planned, desk), decision=decision, status=planned.order.status)


def _closable(proposal: Proposal, desk: Desk) -> Decimal:
    """Return how much the account holds against the order, in base units."""
    held = desk.positions.get(proposal.account_id, {}).get(proposal.instrument.id)
    return held.size if held and held.direction != proposal.side.direction else Decimal(0)


def _signal_on(ask: Ask, account_id: UUID, desk: Desk) -> PreviewedAccount:
    account = desk.accounts.get(account_id)
    blank = PreviewedAccount(account_id, account.name if account else "", Step.NOTHING, OutcomeStatus.REJECTED)
    wanted = wanted_of(ask, account_id, desk)
    if isinstance(wanted, Settled):
        return replace(blank, status=wanted.status, code=wanted.code, reason=wanted.reason)
    first = _wanted_on(wanted, replace(blank, decision=wanted.step), desk)
    if not wanted.opens_next or first.status != OutcomeStatus.FILLED:
        return first
    second = wanted_of(replace(ask, leg=2), account_id, desk)
    if isinstance(second, Settled):
        return replace(first, status=second.status, code=second.code, reason=with_first_leg(2, second.reason))
    return _wanted_on(second, first, desk)


def _wanted_on(wanted: Wanted, so_far: PreviewedAccount, desk: Desk) -> PreviewedAccount:
    planned = _planned(wanted.proposal, desk)
    return _refused(so_far, planned) if isinstance(planned, Refusal) else _placed(so_far, planned, desk)


def _planned(proposal: Proposal, desk: Desk) -> PreviewedLeg | Refusal:
    """Plan one order, and move the desk on as if it were placed."""
    plan = make_plan([proposal], desk)
    if plan.refusals:
        return plan.refusals[0]
    [ticket] = plan.tickets
    return PreviewedLeg(ticket, fill_ahead(ticket, desk))


def _refused(so_far: PreviewedAccount, refusal: Refusal) -> PreviewedAccount:
    leg = refusal.proposal.leg
    return replace(
        so_far,
        status=OutcomeStatus.REJECTED,
        code=refusal.code,
        reason=with_first_leg(leg, refusal.reason),
        checks=[*so_far.checks, *_of_leg(leg, refusal.trace)],
    )


def _placed(so_far: PreviewedAccount, planned: PreviewedLeg, desk: Desk) -> PreviewedAccount:
    order, leg = planned.order, planned.ticket.proposal.leg
    status, code = outcome_of(order)
    position = desk.position(order.account_id, order.instrument_id)
    return replace(
        so_far,
        status=status,
        code=code,
        reason=with_first_leg(leg, told_of_order(order)),
        legs=[*so_far.legs, planned],
        margin=order.margin + (position_margin(position) if position else Decimal(0)),
        checks=[*so_far.checks, *_of_leg(leg, planned.ticket.trace)],
    )


def _of_leg(leg: int, trace: Trace) -> Trace:
    return [{"leg": leg, **line} for line in trace]
