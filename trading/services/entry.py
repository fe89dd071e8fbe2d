"""At what price a draft would be filled, how much of it at once, and which prices make no sense now."""

from decimal import Decimal

from core.exact import plain
from trading.engine.prices import limit_is_met, stop_is_met
from trading.models import OrderType
from trading.pricing import FillTerms, at_once, fill_at, market_fill
from trading.services.draft import Draft
from trading.services.refused import Refused


def check_prices(draft: Draft) -> None:
    """Ask what a resting order's prices are worth on the quote: a stop lies beyond it, a maker does not meet it."""
    proposal, quoted = draft.proposal, draft.quoted
    if proposal.stop_price is not None and stop_is_met(draft.direction, proposal.stop_price, quoted):
        where = "above the ask" if draft.direction > 0 else "below the bid"
        raise Refused(
            "INVALID_STOP_PRICE",
            f"A stop to {proposal.side.value} lies {where}, {plain(quoted)}; {plain(proposal.stop_price)} does not.",
            field="stop_price",
        )
    if proposal.post_only and _is_met(draft):
        raise Refused(
            "POST_ONLY_WOULD_TAKE", f"The market is at {plain(quoted)}: the order would be filled at once, as a taker."
        )


def expected_entry(draft: Draft) -> Decimal:
    """Return the price of the fill before slippage: quoted where the market meets the order, else its own."""
    proposal = draft.proposal
    if _is_met(draft):
        return draft.quoted
    own = proposal.price if proposal.price is not None else proposal.stop_price
    assert own is not None  # only a market order has no price, and that is met
    return own


def set_terms(draft: Draft) -> None:
    """Set how much of the draft is filled at once, and what all of it would be filled at and cost."""
    draft.at_once = at_once(draft.instrument, draft.quantity) if _is_met(draft) else Decimal(0)
    draft.terms = terms_of(draft, draft.quantity)


def terms_of(draft: Draft, quantity: Decimal) -> FillTerms:
    """Return what `quantity` of the draft would be filled at: only a market order slips on its way."""
    if draft.proposal.order_type != OrderType.MARKET:
        return fill_at(expected_entry(draft), instrument=draft.instrument, quantity=quantity)
    return market_fill(
        instrument=draft.instrument,
        quote=draft.quote,
        direction=draft.direction,
        quantity=quantity,
        seed=draft.desk.accounts[draft.proposal.account_id].seed,
        leg=draft.proposal.leg,
    )


def _is_met(draft: Draft) -> bool:
    match draft.proposal.order_type:
        case OrderType.MARKET:
            return True
        case OrderType.LIMIT:
            assert draft.proposal.price is not None
            return bool(limit_is_met(draft.direction, draft.proposal.price, draft.quoted))
    return False
