"""PLAN: from proposals to tickets. Sizes, rounds down to the lot, asks every check; writes nothing.

What it says is what trading then does: the preview runs the very same code.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from accounts.facts import told_at
from core.exact import plain
from trading.desk import Desk
from trading.engine.exits import stop_loss_price, take_profit_price
from trading.engine.prices import round_down, round_up
from trading.engine.sizing import size_of_amount, size_of_equity_share, size_of_risk
from trading.models import SwitchState
from trading.prices import LARGEST_PRICE
from trading.services.ahead import desk_ahead, fill_ahead
from trading.services.checks import check_before_sizing, check_same_money, check_sized
from trading.services.draft import Draft
from trading.services.entry import check_prices, expected_entry, set_terms, terms_of
from trading.services.refused import Refused
from trading.sizes import Distance, Size, SizeMode, format_size
from trading.tickets import Plan, Proposal, Refusal, Ticket, Trace


def make_plan(proposals: Sequence[Proposal], desk: Desk) -> Plan:
    """Turn each proposal into a ticket or a refusal. One account's trouble is its own refusal.

    Of several on one account each is planned as if those before it were filled.
    """
    plan = Plan([], [])
    seen = desk_ahead(desk, proposals)
    for proposal in proposals:
        result = _plan_one(proposal, seen)
        if isinstance(result, Ticket):
            plan.tickets.append(result)
            if seen is not desk:
                fill_ahead(result, seen)
        else:
            plan.refusals.append(result)
    return plan


def whole_size(proposal: Proposal, desk: Desk) -> Decimal:
    """Return what a proposal would open of its instrument from flat, on lot. Raises Refused."""
    draft = Draft(proposal, desk, check_before_sizing(proposal, desk))
    _set_exits(draft)
    _set_quantity(draft)
    return draft.quantity


def _plan_one(proposal: Proposal, desk: Desk) -> Ticket | Refusal:
    trace: Trace = []
    try:
        quote = check_before_sizing(proposal, desk)
        draft = Draft(proposal, desk, quote, trace)
        draft.note("quote", bid=quote.bid, ask=quote.ask, at=told_at(quote.at))
        check_prices(draft)
        _set_exits(draft)
        _set_quantity(draft)
        set_terms(draft)
        draft.note(
            "price",
            expected=draft.priced.price,
            slipped=draft.priced.slipped,
            notional=draft.priced.notional,
            commission=draft.priced.commission,
        )
        check_sized(draft)
    except Refused as refused:
        return Refusal(proposal, refused.code, refused.message, trace, refused.field)
    account = desk.accounts[proposal.account_id]
    return Ticket(
        proposal=_bound(draft),
        account=account,
        quantity=draft.quantity,
        quote=quote,
        terms=draft.priced,
        at_once=draft.at_once,
        terms_at_once=draft.priced if draft.at_once == draft.quantity else terms_of(draft, draft.at_once),
        stop_loss=draft.stop_loss,
        take_profit=draft.take_profit,
        trace=trace,
    )


def _bound(draft: Draft) -> Proposal:
    """Return the proposal as it is stored. What is taken while trading is reducing may only reduce as long as it works.

    Else the monitor would take an order that rests for one that the switch forbids.
    """
    proposal = draft.proposal
    state = draft.desk.state(proposal.account_id, proposal.bot_id, draft.instrument.id)
    if state != SwitchState.REDUCING or not draft.reduces:
        return proposal
    return replace(proposal, reduce_only=True)


def _set_exits(draft: Draft) -> None:
    proposal = draft.proposal
    if proposal.reduce_only or (proposal.stop_loss is None and proposal.take_profit is None):
        return
    entry = expected_entry(draft)
    draft.stop_loss = _exit(draft, proposal.stop_loss, entry, stop_loss_price, away=-draft.direction)
    draft.take_profit = _exit(draft, proposal.take_profit, entry, take_profit_price, away=draft.direction)
    check_exit("stop-loss", draft.stop_loss, entry, away=-draft.direction)
    check_exit("take-profit", draft.take_profit, entry, away=draft.direction)
    draft.note("exits", entry=entry, stop_loss=draft.stop_loss, take_profit=draft.take_profit)


def _exit(
    draft: Draft, wanted: Distance | None, entry: Decimal, at_distance: Callable[..., Decimal], *, away: int
) -> Decimal | None:
    """Return the price of an exit that lies above (`away` +1) or below (-1) the entry, to the tick further away."""
    if wanted is None:
        return None
    tick = draft.instrument.tick_size
    if wanted.fraction is not None:
        return at_distance(draft.direction, entry, wanted.fraction, tick)
    return round_up(wanted.price, tick) if away > 0 else round_down(wanted.price, tick)


def check_exit(name: str, price: Decimal | None, entry: Decimal, *, away: int) -> None:
    """Ask that a "stop-loss" or "take-profit" lies above (`away` +1) or below (-1) the entry. Raises Refused."""
    if price is None or (0 < price <= LARGEST_PRICE and (price - entry) * away > 0):
        return
    field = name.replace("-", "_")
    sentence = f"A {name} at {plain(price)} is on the wrong side of the entry, {plain(entry)}."
    raise Refused(f"INVALID_{field.upper()}", sentence, field=field)


def _set_quantity(draft: Draft) -> None:
    proposal = draft.proposal
    if proposal.reduce_only:
        draft.quantity = _reduced(draft)
        return
    if proposal.quantity is not None:
        draft.quantity = proposal.quantity
        return
    asked = proposal.size
    if asked is None:
        raise Refused("NO_SIZE", "Neither the alert nor the bot says how much to trade.")
    computed = _computed(draft, asked)
    draft.quantity = round_down(computed, draft.instrument.lot_size)
    draft.note(
        "size", asked=format_size(asked), computed=computed, lot=draft.instrument.lot_size, quantity=draft.quantity
    )


def _reduced(draft: Draft) -> Decimal:
    held, asked = draft.held, draft.proposal.quantity
    if held is None or held.direction == draft.direction:
        raise Refused("NOTHING_TO_REDUCE", "There is no position that this order would reduce.")
    quantity = held.size if asked is None else min(asked, held.size)
    draft.note("reduce", held=held.size, quantity=quantity)
    return quantity


def _computed(draft: Draft, asked: Size) -> Decimal:
    price = expected_entry(draft)
    equity = draft.desk.equity(draft.proposal.account_id)
    match asked.mode:
        case SizeMode.BASE:
            return asked.value
        case SizeMode.QUOTE:
            check_same_money(asked.currency, draft.instrument)
            return size_of_amount(asked.value, price)
        case SizeMode.PERCENT_EQUITY:
            draft.note("equity", equity=equity, share=asked.value, leverage=draft.proposal.leverage)
            return size_of_equity_share(equity, asked.value, draft.proposal.leverage, price)
        case SizeMode.RISK:
            if draft.stop_loss is None:
                raise Refused("NO_STOP_LOSS", "A size by risk needs a stop-loss.")
            draft.note("equity", equity=equity, risk=asked.value, stop_loss=draft.stop_loss)
            return size_of_risk(equity, asked.value, price, draft.stop_loss)
