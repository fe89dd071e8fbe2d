"""The pre-trade checks, each with its code. The first that refuses is the answer; every one leaves its measure."""

from decimal import Decimal

from django.conf import settings

from accounts.models import TradingAccount
from core.exact import LARGEST_SCALED, MONEY_SCALE, QUANTITY_SCALE, from_scaled, plain, to_money
from market.kinds import QUOTES_ONLY, Status
from market.models import Instrument
from market.quotes import Quote, is_stale
from trading.desk import Desk, Resting, position_margin
from trading.engine.money import closing_part, cost_of_part, initial_margin, profit, unrealized_profit
from trading.engine.prices import round_down
from trading.models import SwitchState
from trading.services.draft import Draft
from trading.services.refused import Refused
from trading.services.risk.limits import check_limits
from trading.tickets import Proposal


def check_before_sizing(proposal: Proposal, desk: Desk) -> Quote:
    """Ask what needs no size: account, halt, currency, kind, quote. Return the quote to trade on."""
    account = desk.accounts.get(proposal.account_id)
    if account is None or not (account.is_active or proposal.protects):
        raise Refused("ACCOUNT_INACTIVE", "The account is not active.")
    state = desk.state(proposal.account_id, proposal.bot_id, proposal.instrument.id)
    if state == SwitchState.HALTED and not proposal.protects:
        raise Refused("HALTED", "Trading is halted.")
    _check_currency(account, proposal.instrument)
    _check_traded(proposal.instrument)
    quote = proposal.at or desk.quotes.get(proposal.instrument.id)
    if quote is None or is_stale(quote, proposal.instrument, now=desk.now):
        raise Refused("STALE_QUOTE", f"There is no fresh price of {proposal.instrument.symbol}.")
    return quote


def check_sized(draft: Draft) -> None:
    """Ask what needs the size. An order that only reduces the position is asked for its lot alone."""
    _check_lot(draft)
    if draft.reduces:
        return
    _check_reducing(draft)
    _check_suspended(draft)
    _check_leverage(draft)
    _check_shorts(draft)
    _check_minimum(draft)
    check_limits(draft)
    _check_margin(draft)


def check_same_money(currency: str | None, instrument: Instrument) -> None:
    """Ask that an amount is in the money that the instrument is quoted in, or in one at par with it."""
    at_par = settings.CURRENCIES_AT_PAR
    if currency != instrument.quote and not (currency in at_par and instrument.quote in at_par):
        raise Refused(
            "CURRENCY_MISMATCH", f"The size is in {currency}; {instrument.symbol} is quoted in {instrument.quote}."
        )


def check_available(*, required: Decimal, available: Decimal) -> None:
    """Ask that margin that is required is there, both in account currency; less than nothing is told as nothing."""
    if required > available:
        least = plain(max(available, Decimal(0)))
        sentence = f"The order needs {plain(required)} of margin; {least} is available beside what it costs."
        raise Refused("INSUFFICIENT_MARGIN", sentence)


def _check_reducing(draft: Draft) -> None:
    proposal = draft.proposal
    state = draft.desk.state(proposal.account_id, proposal.bot_id, proposal.instrument.id)
    if state == SwitchState.REDUCING and not proposal.protects:
        raise Refused("HALTED", "Trading is reducing: only orders that reduce exposure are taken.")


def _check_suspended(draft: Draft) -> None:
    if draft.instrument.status == Status.SUSPENDED:
        raise Refused("INSTRUMENT_SUSPENDED", f"{draft.instrument.symbol} is suspended: nothing is opened on it.")


def _check_currency(account: TradingAccount, instrument: Instrument) -> None:
    if account.currency == instrument.settle:
        return
    at_par = settings.CURRENCIES_AT_PAR
    if account.is_paper and account.currency in at_par and instrument.settle in at_par:
        return
    raise Refused(
        "CURRENCY_MISMATCH",
        f"The account is in {account.currency}; {instrument.symbol} settles in {instrument.settle}.",
    )


def _check_traded(instrument: Instrument) -> None:
    """Ask for a kind whose profit and margin this desk computes; at par, an option would pass the currency."""
    if instrument.kind in QUOTES_ONLY:
        raise Refused("QUOTES_ONLY", f"{instrument.symbol} is shown with its prices only: it is not traded here.")


def _check_leverage(draft: Draft) -> None:
    account = draft.desk.accounts[draft.proposal.account_id]
    most, asked = min(account.max_leverage, draft.instrument.max_leverage), draft.proposal.leverage
    if asked > most:
        raise Refused("LEVERAGE_TOO_HIGH", f"Leverage {asked} was asked for; at most {most} is allowed.")


def _check_shorts(draft: Draft) -> None:
    if draft.size_after < 0 and not draft.instrument.allows_short:
        raise Refused("SHORTS_NOT_ALLOWED", f"{draft.instrument.symbol} cannot be sold short.")


def _check_lot(draft: Draft) -> None:
    lot, most = draft.instrument.lot_size, _most_that_fits(draft)
    if draft.quantity > most:
        sentence = f"{plain(draft.quantity)} {draft.instrument.base} is too large: at most {plain(most)} can be traded."
        raise Refused("INVALID_SIZE", sentence, field="" if draft.proposal.quantity is None else "quantity")
    if not draft.proposal.reduce_only and round_down(draft.quantity, lot) != draft.quantity:
        raise Refused("INVALID_SIZE", f"{plain(draft.quantity)} is not a multiple of the lot, {plain(lot)}.")


def _most_that_fits(draft: Draft) -> Decimal:
    """Return the largest quantity, on lot, with which size and cost of the position can still be stored."""
    kept_size, kept_cost = _kept(draft)
    by_size = from_scaled(LARGEST_SCALED, QUANTITY_SCALE) - kept_size
    by_cost = (from_scaled(LARGEST_SCALED, MONEY_SCALE) - kept_cost) / draft.priced.price
    return round_down(min(by_size, by_cost), draft.instrument.lot_size)


def _check_minimum(draft: Draft) -> None:
    instrument, terms = draft.instrument, draft.priced
    if draft.quantity < instrument.min_quantity or draft.quantity <= 0:
        raise Refused(
            "BELOW_MINIMUM",
            f"The size comes to {plain(draft.quantity)} {instrument.base}; "
            f"the least is {plain(instrument.min_quantity)}.",
        )
    if terms.notional < instrument.min_notional:
        least = f"{plain(instrument.min_notional)} {instrument.quote}"
        raise Refused("BELOW_MINIMUM", f"The order is worth {plain(terms.notional)}; the least is {least}.")


def _check_margin(draft: Draft) -> None:
    """Equity must cover the margin of all positions and working orders; an order that only reduces is not asked."""
    if not draft.at_once:
        _check_margin_of_resting(draft)
        return
    opening = draft.quantity - _closing(draft)
    if opening <= 0:
        return
    kept_size, kept_cost = _kept(draft)
    cost = kept_cost + to_money(draft.priced.price * opening)
    margin = to_money(initial_margin(cost, draft.proposal.leverage))
    profit_after = to_money(unrealized_profit(draft.direction, kept_size + opening, cost, draft.quote.mid))
    others = _margin_of_others(draft) + draft.desk.order_margin(
        draft.proposal.account_id, held={draft.instrument.id: draft.size_after}
    )
    available = _equity_without_held(draft) - draft.priced.commission + profit_after - others
    tied_already = position_margin(draft.held) if draft.held and kept_size else Decimal(0)
    _check_available(draft, required=margin - tied_already, available=available - tied_already)


def _check_margin_of_resting(draft: Draft) -> None:
    """What the order would tie up beside all that is held and works already."""
    account_id, desk = draft.proposal.account_id, draft.desk
    tied = to_money(initial_margin(draft.priced.notional, draft.proposal.leverage))
    before = desk.order_margin(account_id)
    added = Resting(draft.quantity, tied)
    after = desk.order_margin(account_id, added={(draft.instrument.id, draft.proposal.side.value): added})
    required = max(after - before, _margin_of_adding(draft))
    available = desk.equity(account_id) - desk.margin_used(account_id) - before - draft.priced.commission
    _check_available(draft, required=required, available=available)


def _margin_of_adding(draft: Draft) -> Decimal:
    """Return what a fill would tie up beside what is: all of a position that is added to takes the order's leverage."""
    kept_size, kept_cost = _kept(draft)
    if draft.held is None or not kept_size:
        return Decimal(0)
    whole = to_money(initial_margin(kept_cost + draft.priced.notional, draft.proposal.leverage))
    return whole - position_margin(draft.held)


def _check_available(draft: Draft, *, required: Decimal, available: Decimal) -> None:
    draft.note("margin", required=required, available=available)
    check_available(required=required, available=available)


def _equity_without_held(draft: Draft) -> Decimal:
    """Return the equity with the held position's open profit taken out, and the profit of what closes booked."""
    held, equity = draft.held, draft.desk.equity(draft.proposal.account_id)
    if held is None:
        return equity
    equity -= to_money(unrealized_profit(held.direction, held.size, held.entry_cost, draft.quote.mid))
    closing = _closing(draft)
    cost = to_money(cost_of_part(held.entry_cost, held.size, closing))
    return equity + profit(held.direction, to_money(draft.priced.price * closing), cost)


def _margin_of_others(draft: Draft) -> Decimal:
    used = draft.desk.margin_used(draft.proposal.account_id)
    return used - position_margin(draft.held) if draft.held else used


def _kept(draft: Draft) -> tuple[Decimal, Decimal]:
    """Return size and cost of the held position where the order adds to it."""
    held = draft.held
    return (held.size, held.entry_cost) if held and held.direction == draft.direction else (Decimal(0), Decimal(0))


def _closing(draft: Draft) -> Decimal:
    held = draft.held
    return closing_part(held.direction, held.size, draft.direction, draft.quantity) if held else Decimal(0)
