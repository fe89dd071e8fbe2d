"""A switch and the orders at work that it forbids: none is met across the change, cancelled yet or not."""

from decimal import Decimal

import pytest

from conftest import NOW
from core.errors import AppError
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Order, OrderType, ScopeType, SwitchState
from trading.services.matching import match
from trading.services.risk.monitor import watch
from trading.services.scopes import turn_switch

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def trades_at(btcusdt):
    def trade(price):
        quote = Quote(btcusdt.id, *[Decimal(price)] * 3, NOW)
        match([PriceRange.of(btcusdt, [quote])], clock=lambda: NOW)

    return trade


@pytest.fixture
def turn(account):
    """Turn the account's switch, and cancel nothing: what stands between the two steps of a halt."""

    def to(state):
        turn_switch(ScopeType.ACCOUNT, account.id, state=SwitchState(state), reason="test", clock=lambda: NOW)

    return to


def statuses():
    """The states of the buy at 49,000 and of the sell at 51,000."""
    resting = Order.objects.filter(order_type="limit").order_by("price")
    return list(resting.values_list("status", flat=True))


@pytest.fixture
def resting(still_market, no_slippage, account, order_of):
    order_of(account, "buy", "0.1")
    for side, price, reduce_only in (("buy", "49000", False), ("sell", "51000", True)):
        order_of(account, side, "0.1", order_type=OrderType.LIMIT, price=Decimal(price), reduce_only=reduce_only)


@pytest.mark.usefixtures("resting")
def test_a_halted_account_has_none_of_its_orders_met(turn, trades_at):
    turn("halted")
    trades_at("48000")
    trades_at("52000")
    assert statuses() == ["pending", "pending"]


@pytest.mark.usefixtures("resting")
def test_a_reducing_one_has_those_met_that_only_reduce(turn, trades_at):
    turn("reducing")
    trades_at("48000")
    trades_at("52000")
    assert statuses() == ["pending", "filled"]


@pytest.mark.usefixtures("resting")
def test_what_nobody_cancelled_is_met_again_once_it_may(turn, trades_at):
    turn("halted")
    turn("active")
    trades_at("48000")
    assert statuses() == ["filled", "pending"]


def test_a_limit_that_only_reduces_is_taken_while_reducing_and_stays(account, order_of, turn, trades_at):
    order_of(account, "buy", "0.1")
    turn("reducing")
    placed = order_of(account, "sell", "0.1", order_type=OrderType.LIMIT, price=Decimal(51000))
    watch(clock=lambda: NOW)
    trades_at("52000")
    assert (statuses(), placed.reduce_only) == (["filled"], True)


def test_a_limit_that_would_open_is_refused_while_reducing(account, order_of, turn):
    order_of(account, "buy", "0.1")
    turn("reducing")
    with pytest.raises(AppError, match="only orders that reduce"):
        order_of(account, "sell", "0.2", order_type=OrderType.LIMIT, price=Decimal(51000))
    assert not statuses()


def test_a_limit_that_only_reduces_may_do_more_later_where_nothing_is_switched(account, order_of):
    order_of(account, "buy", "0.1")
    assert not order_of(account, "sell", "0.1", order_type=OrderType.LIMIT, price=Decimal(51000)).reduce_only


def test_a_stop_loss_is_taken_on_a_halted_account(account, order_of, turn, trades_at):
    order_of(account, "buy", "0.1", stop_loss=Decimal(49000))
    turn("halted")
    trades_at("48000")
    assert Order.objects.get(origin="stop_loss").status == "filled"
