"""Sets and takes away the stop-loss and the take-profit of an open position."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from uuid import UUID

from django.db import transaction

from accounts.models import TradingAccount
from core.clock import Clock
from core.errors import AppError, Invalid
from core.exact import WIDE, plain
from market.models import Instrument
from market.quotes import Quote, is_stale
from trading.desk import Desk
from trading.models import Position
from trading.selectors.desks import load_holdings
from trading.services.apply import Books, write_books
from trading.services.closing import open_position
from trading.services.facts import tell_of_position
from trading.services.steps import check_steps

# Where an exit of a long lies as seen from the market, above (+1) or below (-1); of a short on the other side.
_SIDES = {"stop_loss": -1, "take_profit": 1}


def set_exits(
    account: TradingAccount, position_id: UUID, *, exits: Mapping[str, Decimal | None], clock: Clock
) -> Position:
    """Change the exits that are named, `stop_loss` and `take_profit` in quote currency, None taking one away.

    Under the account's lock; what the market is on the wrong side of is refused, for it would trigger at once: a long
    is left at the bid, a short at the ask. Raises PositionMissing, PositionClosed, Invalid for a price off tick,
    Invalid with INVALID_STOP_LOSS or INVALID_TAKE_PROFIT, AppError with STALE_QUOTE where there is no fresh price.
    """
    with localcontext(WIDE), transaction.atomic():
        desk = load_holdings([account.id], instruments=[], clock=clock)
        position = open_position(desk, account.id, position_id)
        instrument = desk.instruments[position.instrument_id]
        check_steps({name: (price, instrument.tick_size, "tick") for name, price in exits.items()})
        for name, price in exits.items():
            if price is not None:
                _check_side(name, price, position, _fresh_quote(desk, instrument))
            setattr(position, name, price)
        _write(position, instrument, desk)
    return position


def _fresh_quote(desk: Desk, instrument: Instrument) -> Quote:
    quote = desk.quotes.get(instrument.id)
    if quote is None or is_stale(quote, instrument, now=desk.now):
        raise AppError(f"There is no fresh price of {instrument.symbol}.", code="STALE_QUOTE")
    return quote


def _check_side(name: str, price: Decimal, position: Position, quote: Quote) -> None:
    market = quote.bid if position.direction > 0 else quote.ask
    if (price - market) * position.direction * _SIDES[name] > 0:
        return
    words = name.replace("_", "-")
    sentence = f"A {words} at {plain(price)} is on the wrong side of the market, {plain(market)}."
    raise Invalid(sentence, code=f"INVALID_{name.upper()}", field=name)


def _write(position: Position, instrument: Instrument, desk: Desk) -> None:
    """Write the exits, and the prices at which matching looks at the account's positions from now on."""
    write_books(Books(desk, touched={position.account_id}, changed={position.id: position}))
    tell_of_position(position, instrument.symbol, now=desk.now)
