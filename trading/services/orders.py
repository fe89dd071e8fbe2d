"""Places a single order that a person or a program asks for: a batch of one on the road."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import TradingAccount
from accounts.selectors.trading_accounts import AccountMissing
from core.clock import Clock
from core.errors import AppError, Conflict, Invalid
from market.models import Instrument
from trading.brokers import broker_for
from trading.desk import Desk
from trading.models import Order, OrderSide, OrderType, Outcome, TimeInForce
from trading.services.batch import Batch
from trading.services.road import walk
from trading.services.steps import off_their_steps
from trading.sizes import Distance
from trading.tickets import Proposal, Refusal

_PRICES_OF = {
    OrderType.MARKET: (),
    OrderType.LIMIT: ("price",),
    OrderType.STOP: ("stop_price",),
    OrderType.STOP_LIMIT: ("price", "stop_price"),
}
_coins_of_bots: list[Callable[[uuid.UUID], str]] = []


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as asked: `quantity` in base units, on lot; prices on tick, those that its type takes."""

    instrument: Instrument
    side: OrderSide
    quantity: Decimal
    order_type: OrderType = OrderType.MARKET
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    leverage: int = 1
    reduce_only: bool = False
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    client_order_id: str = ""
    bot_id: uuid.UUID | None = None


class DuplicateClientOrderId(Conflict):
    """The account has an order of this client_order_id already."""

    code = "DUPLICATE_CLIENT_ORDER_ID"

    def __init__(self, order: Order) -> None:
        super().__init__(f"The order {order.id} has this client_order_id already.")
        self.order_id = order.id


def place_order(
    account: TradingAccount, *, request: OrderRequest, clock: Clock, stored: Callable[[Order], None] | None = None
) -> Order:
    """Trade `request` on `account` and return the stored order, filled, pending or rejected by the broker.

    `stored` is called with the order in the transaction that writes it: `submitting` where it is still to be sent.
    Raises Invalid for a number off lot or tick, for prices that do not go with the type and for a bot that does not
    trade the account or the coin, DuplicateClientOrderId, and an AppError with the check's code where PLAN refuses:
    then no row is left behind.
    """
    check_request(request)
    proposal = proposal_of(account, request)

    def propose(desk: Desk) -> Proposal:
        check_its_bot(proposal, desk)
        if request.client_order_id:  # one of our own is new
            check_is_new(proposal)
        return proposal

    return place_one(account, instruments=[request.instrument], propose=propose, clock=clock, stored=stored)


def proposal_of(account: TradingAccount, request: OrderRequest) -> Proposal:
    """Return what the road is asked for by a request that `check_request` took."""
    return Proposal(
        account_id=account.id,
        instrument=request.instrument,
        side=request.side,
        leverage=request.leverage,
        client_order_id=request.client_order_id or uuid.uuid4().hex,
        quantity=request.quantity,
        order_type=request.order_type,
        price=request.price,
        stop_price=request.stop_price,
        time_in_force=request.time_in_force,
        post_only=request.post_only,
        reduce_only=request.reduce_only,
        stop_loss=Distance(request.stop_loss, None) if request.stop_loss is not None else None,
        take_profit=Distance(request.take_profit, None) if request.take_profit is not None else None,
        bot_id=request.bot_id,
    )


def check_its_bot(proposal: Proposal, desk: Desk) -> None:
    """Ask that the bot that an order is put down to trades its account, and its coin. Raises Invalid."""
    if proposal.bot_id is None:
        return
    if not desk.is_traded_by(proposal.account_id, proposal.bot_id):
        raise Invalid("No such bot trades this account.", field="bot_id")
    instrument = proposal.instrument
    coin = next((find(proposal.bot_id) for find in _coins_of_bots), "")
    if coin and coin != instrument.base:
        sentence = f"The bot trades {coin}; {instrument.symbol} is {instrument.base}."
        raise Invalid(sentence, code="SYMBOL_NOT_ALLOWED", field="symbol")


def find_coins_of_bots_with(finder: Callable[[uuid.UUID], str]) -> None:
    """Let `finder` name the base coin of a bot, from now on. Called once, by the app that knows."""
    _coins_of_bots[:] = [finder]


def check_is_new(proposal: Proposal) -> None:
    """Raise DuplicateClientOrderId where the account has an order of the proposal's client_order_id."""
    taken = Order.objects.filter(account=proposal.account_id, client_order_id=proposal.client_order_id).first()
    if taken is not None:
        raise DuplicateClientOrderId(taken)


def place_one(
    account: TradingAccount,
    *,
    instruments: Iterable[Instrument],
    propose: Callable[[Desk], Proposal],
    clock: Clock,
    stored: Callable[[Order], None] | None = None,
) -> Order:
    """Trade the one order that `propose` wants of the locked desk, and return it as stored; see `place_order`.

    Raises AccountMissing, an AppError with the check's code where PLAN refuses, and what `propose` raises: then no row
    is left behind.
    """

    def record(batch: Batch) -> Sequence[Outcome]:
        _raise_refusal(batch)
        if stored is not None:
            [order] = batch.orders.values()
            stored(order)
        return ()

    batch = walk(
        [account.id],
        instruments=instruments,
        broker=broker_for(account.exchange),
        propose=lambda desk: [propose(_with_account(desk, account))],
        record=record,
        clock=clock,
    )
    [order] = batch.orders.values()
    return order


def _with_account(desk: Desk, account: TradingAccount) -> Desk:
    """Return the desk that has the account. Raises AccountMissing where it was deleted since it was looked up."""
    if account.id not in desk.accounts:
        raise AccountMissing
    return desk


def _raise_refusal(batch: Batch) -> None:
    for refusal in batch.plan.refusals:
        raise error_of(refusal)


def error_of(refusal: Refusal) -> AppError:
    """Return the error that tells a caller of a refusal: of a field where one is wrong, else of the business."""
    if refusal.field:
        return Invalid(refusal.reason, code=refusal.code, field=refusal.field)
    return AppError(refusal.reason, code=refusal.code)


def check_request(request: OrderRequest) -> None:
    """Ask what needs no market: prices and conditions that go with the type, numbers on their steps. Raises Invalid."""
    errors = {**_wrong_conditions(request), **_off_their_steps(request)}
    if errors:
        raise Invalid(next(iter(errors.values()))[0], errors=errors)


def _wrong_conditions(request: OrderRequest) -> dict[str, list[str]]:
    word = request.order_type.value
    errors = {}
    for name in ("price", "stop_price"):
        is_given, is_taken = getattr(request, name) is not None, name in _PRICES_OF[request.order_type]
        if is_taken and not is_given:
            errors[name] = [f"A {word} order has a {name}."]
        if is_given and not is_taken:
            errors[name] = [f"A {word} order has no {name}."]
    if request.post_only and (request.order_type != OrderType.LIMIT or request.time_in_force != TimeInForce.GTC):
        errors["post_only"] = ["Only a limit order that is good till cancelled can be post-only."]
    return errors


def _off_their_steps(request: OrderRequest) -> dict[str, list[str]]:
    instrument = request.instrument
    steps = {
        "quantity": (request.quantity, instrument.lot_size, "lot"),
        "price": (request.price, instrument.tick_size, "tick"),
        "stop_price": (request.stop_price, instrument.tick_size, "tick"),
        "stop_loss": (request.stop_loss, instrument.tick_size, "tick"),
        "take_profit": (request.take_profit, instrument.tick_size, "tick"),
    }
    return off_their_steps(steps)
