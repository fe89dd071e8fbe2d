"""Closes one position of an account, whole or in part, on request: a reduce-only market order like any other."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from accounts.models import TradingAccount
from accounts.selectors.trading_accounts import AccountMissing
from core.clock import Clock
from core.errors import Conflict, Invalid, Missing
from core.exact import plain
from market.models import Instrument
from trading.desk import Desk
from trading.models import Order, Position
from trading.services.orders import place_one
from trading.services.steps import check_steps
from trading.tickets import Proposal

Stored = Callable[[Order], None]


class PositionMissing(Missing):
    """The account has no such position."""

    def __init__(self) -> None:
        super().__init__("There is no such position.")


class PositionClosed(Conflict):
    """The position is not open any more."""

    code = "POSITION_CLOSED"

    def __init__(self) -> None:
        super().__init__("The position is closed already.")


class NothingToClose(Missing):
    """The account holds nothing of the instrument."""

    code = "NOTHING_TO_CLOSE"

    def __init__(self, instrument: Instrument) -> None:
        super().__init__(f"There is no open position in {instrument.symbol}.")


def close_position(
    account: TradingAccount, *, position_id: UUID, size: Decimal | None, clock: Clock, stored: Stored | None = None
) -> Order:
    """Close a position, or `size` of it in base units, and return the order; `stored` as in `place_order`.

    Raises PositionMissing, PositionClosed, Invalid for a size off lot or above what is open, and what PLAN refuses.
    """

    def propose(desk: Desk) -> Proposal:
        position = open_position(desk, account.id, position_id)
        instrument = desk.instruments[position.instrument_id]
        _check_size(size, position, instrument)
        return _closing(position, instrument, size)

    return place_one(account, instruments=[], propose=propose, clock=clock, stored=stored)


def close_held(account: TradingAccount, *, instrument: Instrument, clock: Clock, stored: Stored | None = None) -> Order:
    """Close all that an account holds of an instrument; return the order. Raises NothingToClose, and as PLAN does."""

    def propose(desk: Desk) -> Proposal:
        position = held(desk, account.id, instrument)
        if position is None:
            raise NothingToClose(instrument)
        return _closing(position, instrument, None)

    return place_one(account, instruments=[instrument], propose=propose, clock=clock, stored=stored)


def open_position(desk: Desk, account_id: UUID, position_id: UUID) -> Position:
    """Return an open position of the desk by its id. Raises AccountMissing, PositionMissing, PositionClosed."""
    if account_id not in desk.accounts:
        raise AccountMissing
    for position in desk.positions[account_id].values():
        if position.id == position_id:
            return position
    if Position.objects.filter(pk=position_id, account=account_id).exists():
        raise PositionClosed
    raise PositionMissing


def held(desk: Desk, account_id: UUID, instrument: Instrument) -> Position | None:
    """Return what an account of the desk holds of an instrument. Raises AccountMissing where it has been deleted."""
    if account_id not in desk.accounts:
        raise AccountMissing
    return desk.position(account_id, instrument.id)


def _check_size(size: Decimal | None, position: Position, instrument: Instrument) -> None:
    if size is None or size == position.size:
        return
    if size > position.size:
        raise Invalid(f"{plain(size)} is more than the {plain(position.size)} that are open.", field="size")
    check_steps({"size": (size, instrument.lot_size, "lot")})


def _closing(position: Position, instrument: Instrument, size: Decimal | None) -> Proposal:
    return Proposal(
        account_id=position.account_id,
        instrument=instrument,
        side=position.closing_side,
        leverage=position.leverage,
        client_order_id=uuid.uuid4().hex,
        quantity=size,
        reduce_only=True,
    )
