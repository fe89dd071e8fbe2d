"""The limits that an order is held against, and what each measures on it.

What the order asks for is asked of the account as it would be once the order, those planned before it in its batch,
and those that rest were filled. Losses are measured live on one account; of several together the monitor's newest
measure counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.exact import plain, to_money
from trading.measures import LOSSES, ON_PROFIT, verdict_of
from trading.models import LimitMark, LimitType, OrderSide, RiskLimit, ScopeType, Severity
from trading.services.draft import Draft
from trading.services.refused import Refused

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Measure:
    """How one type of limit is measured on an order, and the sentence that refuses it."""

    of: Callable[[Draft, RiskLimit], Decimal]
    sentence: str


def check_limits(draft: Draft) -> None:
    """Hold an order that adds exposure against every limit that covers it; each leaves a line in the trace.

    Raises Refused with the limit's code (POSITION_SIZE_LIMIT …) at the first that it would break.
    """
    proposal = draft.proposal
    for limit in draft.desk.limits_on(proposal.account_id, proposal.bot_id, draft.instrument):
        _check(draft, limit)


def _check(draft: Draft, limit: RiskLimit) -> None:
    measure = _MEASURES[LimitType(limit.limit_type)]
    found = measure.of(draft, limit)
    verdict = verdict_of(found, limit)
    scope, value = limit.scope_type, limit.limit_value
    draft.note("limit", limit=limit.limit_type, scope=scope, measure=found, value=value, verdict=verdict)
    if verdict == Severity.BREACH:
        sentence = measure.sentence.format(measure=plain(found), value=plain(value))
        raise Refused(f"{limit.limit_type}_limit".upper(), f"{sentence} (scope: {scope}).")


def _position_size(draft: Draft, limit: RiskLimit) -> Decimal:
    return _worth(draft, draft.instrument.id)


def _order_size(draft: Draft, limit: RiskLimit) -> Decimal:
    return to_money(draft.quantity * draft.quote.mid)


def _exposure(draft: Draft, limit: RiskLimit) -> Decimal:
    return sum((_worth(draft, instrument_id) for instrument_id in _measured(draft, limit)), _NOTHING)


def _open_positions(draft: Draft, limit: RiskLimit) -> Decimal:
    return Decimal(len(_measured(draft, limit)))


def _leverage(draft: Draft, limit: RiskLimit) -> Decimal:
    return Decimal(draft.proposal.leverage)


def _order_rate(draft: Draft, limit: RiskLimit) -> Decimal:
    account_id, only = draft.proposal.account_id, _only_instrument(draft, limit)
    lately = draft.desk.orders_lately.items()
    own = (many for (account, traded), many in lately if account == account_id and only in (None, traded))
    return Decimal(sum(own) + 1)


def _loss(draft: Draft, limit: RiskLimit) -> Decimal:
    """Return what was lost: live on one account; of several together, as the monitor's newest look had it."""
    mark: LimitMark | None = getattr(limit, "mark", None)
    if mark is None:
        return _NOTHING
    pnl, equity = mark.pnl, mark.equity
    if limit.scope_type == ScopeType.ACCOUNT:
        account_id = draft.proposal.account_id
        equity = draft.desk.equity(account_id)
        pnl = equity - draft.desk.accounts[account_id].net_deposits
    return ON_PROFIT[LimitType(limit.limit_type)].of(mark, pnl, equity, draft.desk.now.date())


def _loss_measured(limit_type: LimitType) -> Measure:
    kind = ON_PROFIT[limit_type]
    return Measure(_loss, f"{kind.words}; the limit is {{value}}{kind.unit}")


_MEASURES = {
    LimitType.POSITION_SIZE: Measure(_position_size, "The position would be worth {measure}; the limit is {value}"),
    LimitType.ORDER_SIZE: Measure(_order_size, "The order is worth {measure}; the limit is {value}"),
    LimitType.EXPOSURE: Measure(_exposure, "All positions would be worth {measure}; the limit is {value}"),
    LimitType.LEVERAGE: Measure(_leverage, "Leverage {measure} was asked for; the limit is {value}"),
    LimitType.OPEN_POSITIONS: Measure(_open_positions, "There would be {measure} open positions; the limit is {value}"),
    LimitType.ORDER_RATE: Measure(_order_rate, "It would be order {measure} of one minute; the limit is {value}"),
    **{limit_type: _loss_measured(limit_type) for limit_type in LOSSES},
}


def _only_instrument(draft: Draft, limit: RiskLimit) -> UUID | None:
    """Return the one instrument that a limit measures, which is then the order's; None where it measures all."""
    return draft.instrument.id if limit.symbol or limit.scope_type == ScopeType.SYMBOL else None


def _measured(draft: Draft, limit: RiskLimit) -> set[UUID]:
    """Return the instruments that a limit measures: what is held or rests, and the order's own."""
    only = _only_instrument(draft, limit)
    if only is not None:
        return {only}
    desk, account_id = draft.desk, draft.proposal.account_id
    resting = {traded for traded, _ in desk.working[account_id]}
    return {draft.instrument.id, *desk.positions[account_id]} | resting


def _worth(draft: Draft, instrument_id: UUID) -> Decimal:
    """Return the notional at mid of the largest position that can come of it; at cost where there is no quote."""
    quote = draft.quote if instrument_id == draft.instrument.id else draft.desk.quotes.get(instrument_id)
    if quote is None:
        held = draft.desk.position(draft.proposal.account_id, instrument_id)
        return held.entry_cost if held else _NOTHING
    return to_money(_largest_size(draft, instrument_id) * quote.mid)


def _largest_size(draft: Draft, instrument_id: UUID) -> Decimal:
    """Return the largest size, in base units, once all orders of one side were filled: of the order's, in its own."""
    desk, account_id = draft.desk, draft.proposal.account_id
    held = desk.position(account_id, instrument_id)
    size = held.direction * held.size if held else _NOTHING
    if instrument_id == draft.instrument.id:
        side = draft.proposal.side
        return abs(size + side.direction * (draft.quantity + desk.resting(account_id, instrument_id, side)))
    return max(abs(size + side.direction * desk.resting(account_id, instrument_id, side)) for side in OrderSide)
