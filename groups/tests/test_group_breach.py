"""What a group may lose, set through its own door: a breach halts it, flattens it if so set, and is told once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from conftest import NOW
from core.errors import AppError
from trading.decisions import IntentSide
from trading.models import Order, OrderStatus, OrderType, Position, RiskAlert, Switch
from trading.services.risk.monitor import watch

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def grouped(ada, client_of):
    """Make a group over HTTP: `grouped(accounts, max_drawdown=5)`."""

    def make(accounts, **limits):
        body = {"name": "Desk", "accounts": [str(account.id) for account in accounts], **limits}
        return client_of(ada).post("/api/v1/groups", body).json()["data"]["group"]["id"]

    return make


@pytest.fixture
def look(still_market):
    """Let the monitor do a round at a price of BTCUSDT."""

    def at(price):
        still_market.set("BTCUSDT", price)
        watch(clock=lambda: NOW + timedelta(seconds=5))

    return at


def switch():
    return Switch.objects.values_list("scope_type", "state", "flattening").get()


def alerts():
    return list(RiskAlert.objects.values_list("scope_type", "limit_type", "severity", "account"))


@pytest.mark.slow
@pytest.mark.parametrize(("field", "limit_type"), [("max_drawdown", "drawdown"), ("risk_limit", "daily_drawdown")])
def test_a_group_of_a_hundred_is_flat_and_halted_with_one_alert(
    tom, accounts_of, btcusdt, send, grouped, look, field, limit_type
):
    accounts = accounts_of(tom, 100)
    grouped(accounts, flatten_on_breach=True, **{field: 5})
    send(btcusdt, accounts, side=IntentSide.BUY, size="1", leverage=10)
    look("50000")
    look("49400")  # 600 of 9,990 each
    look("49000")
    assert (Position.objects.open().count(), Position.objects.count()) == (0, 100)
    assert (switch(), alerts()) == (("group", "halted", False), [("group", limit_type, "breach", None)])
    assert Order.objects.filter(origin="flatten", status=OrderStatus.FILLED).count() == 100


def test_without_flattening_it_is_halted_and_holds_what_it_held(tom, account_of, order_of, grouped, look):
    account = account_of(tom)
    grouped([account], max_drawdown=5)
    order_of(account, "buy", "1")
    resting = order_of(account, "buy", "0.01", order_type=OrderType.LIMIT, price=Decimal(40000))
    look("50000")
    look("49400")
    assert (Position.objects.open().count(), switch()) == (1, ("group", "halted", False))
    assert Order.objects.get(pk=resting.pk).status == OrderStatus.CANCELLED


def test_a_loss_within_the_limit_halts_nothing(tom, account_of, order_of, grouped, look):
    account = account_of(tom)
    grouped([account], max_drawdown=25, risk_limit=20, flatten_on_breach=True)
    order_of(account, "buy", "1")
    look("50000")
    look("49400")
    assert (Position.objects.open().count(), Switch.objects.exists(), alerts()) == (1, False, [])


def test_who_is_in_no_breached_group_trades_on(tom, account_of, order_of, grouped, look):
    inside, outside = account_of(tom), account_of(tom)
    grouped([inside], max_drawdown=5)
    order_of(inside, "buy", "1")
    look("50000")
    look("49400")
    assert order_of(outside, "buy", "0.1").status == OrderStatus.FILLED
    with pytest.raises(AppError) as refused:
        order_of(inside, "buy", "0.1")
    assert refused.value.code == "HALTED"


def test_a_limit_that_was_taken_back_halts_nothing(tom, ada, account_of, order_of, grouped, look, client_of):
    account = account_of(tom)
    group_id = grouped([account], max_drawdown=5)
    order_of(account, "buy", "1")
    look("50000")
    client_of(ada).patch(f"/api/v1/groups/{group_id}", {"max_drawdown": None})
    look("49400")
    assert (Switch.objects.exists(), alerts()) == (False, [])


def test_a_target_that_is_reached_is_told_and_halts_nothing(tom, account_of, order_of, grouped, look):
    account = account_of(tom)
    grouped([account], target_monthly_roi=5, flatten_on_breach=True)
    order_of(account, "buy", "1")
    look("50000")
    look("50600")  # 600 of 9,990
    look("50700")
    assert alerts() == [("group", "monthly_target", "warning", None)]
    assert (Position.objects.open().count(), Switch.objects.exists()) == (1, False)
