"""The sandbox's round trips: buys an instrument once at a time on a paper account, at leverage 1, and sells it."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from accounts.models import TradingAccount
from core.clock import Clock
from core.errors import AppError, Conflict
from market.models import Instrument
from trading.desk import Desk
from trading.models import OrderSide, Position, PositionSide, TimeInForce
from trading.services.closing import NothingToClose, close_held, held
from trading.services.orders import place_one
from trading.services.steps import check_steps
from trading.sizes import Size, SizeMode
from trading.tickets import Proposal


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is to be bought: `quantity` in base units, on lot, or for `amount` of quote currency, rounded down to it."""

    instrument: Instrument
    quantity: Decimal | None = None
    amount: Decimal | None = None


class OrderActive(Conflict):
    """The account holds the instrument already."""

    code = "ORDER_ACTIVE"

    def __init__(self, instrument: Instrument) -> None:
        super().__init__(f"There is an open position in {instrument.symbol} already; close it first.")


class NotFilled(AppError):
    """The market took nothing of the order."""

    code = "NOT_FILLED"


def buy(account: TradingAccount, *, purchase: Purchase, clock: Clock) -> Position:
    """Buy at market on a paper account and return the long position, whose id is the round trip's.

    What the market does not take at once is not bought later: a round trip that is sold would begin anew.
    Decided under the account's lock: of several at once one buys. Raises OrderActive, Invalid for a quantity off lot,
    NotFilled, and what PLAN refuses: then no row is left behind.
    """
    instrument = purchase.instrument
    check_steps({"quantity": (purchase.quantity, instrument.lot_size, "lot")})

    def propose(desk: Desk) -> Proposal:
        if held(desk, account.id, instrument) is not None:
            raise OrderActive(instrument)
        return _buying(account, purchase)

    with transaction.atomic():
        place_one(account, instruments=[instrument], propose=propose, clock=clock)
        bought = Position.objects.open().filter(account=account, instrument=instrument)
        position = bought.select_related("instrument").first()
        if position is None:
            raise NotFilled(f"Nothing of {instrument.symbol} could be bought.")
    return position


def sell(account: TradingAccount, *, instrument: Instrument, clock: Clock) -> Position:
    """Close the round trip of an instrument and return its position. Raises NothingToClose, and as PLAN does."""
    with transaction.atomic():
        TradingAccount.objects.locked().get(pk=account.pk)
        longs = Position.objects.open().filter(account=account, instrument=instrument, side=PositionSide.LONG)
        position = longs.select_related("instrument").first()
        if position is None:
            raise NothingToClose(instrument)
        close_held(account, instrument=instrument, clock=clock)
        position.refresh_from_db()
    return position


def _buying(account: TradingAccount, purchase: Purchase) -> Proposal:
    amount = purchase.amount
    return Proposal(
        account_id=account.id,
        instrument=purchase.instrument,
        side=OrderSide.BUY,
        leverage=1,
        client_order_id=uuid.uuid4().hex,
        time_in_force=TimeInForce.IOC,
        quantity=purchase.quantity,
        size=None if amount is None else Size(SizeMode.QUOTE, amount, purchase.instrument.quote),
    )
