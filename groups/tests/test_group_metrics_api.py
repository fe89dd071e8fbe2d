"""/groups/{id}/metrics and what a group's page says in short: balances, limits, streams, all of the accounts as one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.facts import account_stream
from accounts.models import TradingAccount
from conftest import NOW
from core.models import Event
from core.streams.health import stream_health
from core.streams.relay import number_events
from groups.services.changes import change_group
from groups.services.membership import create_group
from trading.models import ScopeType, SwitchState
from trading.selectors.monies import monies_of
from trading.services.risk.monitor import watch
from trading.services.scopes import turn_switch

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def accounts(tom, account_of):
    return [account_of(tom, name="A"), account_of(tom, name="B")]


@pytest.fixture
def group(ada, accounts):
    return create_group(name="Desk", created_by=ada, accounts=accounts)


@pytest.fixture
def metrics(group, ada, client_of):
    return lambda: client_of(ada).get(f"/api/v1/groups/{group.id}/metrics").json()["data"]


@pytest.fixture
def detail(group, ada, client_of):
    return lambda: client_of(ada).get(f"/api/v1/groups/{group.id}").json()["data"]["group"]


def test_balances_are_summed_at_newest_prices(accounts, metrics, order_of, still_market):
    order_of(accounts[0], "buy", "0.1")  # 5,000 at 10 times: 500 of margin, 1 of fee
    still_market.set("BTCUSDT", "51000")
    assert metrics()["balance_status"] == {
        "currency": "USDT",
        "accounts": 2,
        "active_accounts": 2,
        "net_deposits": "20000",
        "balance": "19999",
        "equity": "20099",
        "margin_used": "500",
        "margin_available": "19599",
        "other_currencies": [],
    }


def test_another_currency_is_told_apart(ada, accounts, metrics):
    TradingAccount.objects.filter(pk=accounts[1].pk).update(currency="KRW", is_active=False)
    told = metrics()["balance_status"]
    [other] = told.pop("other_currencies")
    assert (told["currency"], told["accounts"], told["equity"]) == ("USDT", 1, "10000")
    assert (other["currency"], other["accounts"], other["active_accounts"], other["equity"]) == ("KRW", 1, 0, "10000")


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ([], ["USD"]),
        (["USDT", "USDT"], ["USDT"]),
        (["USDT", "USDC"], ["USD"]),
        (["KRW", "KRW", "USD"], ["USD", "KRW"]),
        (["EUR", "KRW", "KRW"], ["KRW", "EUR"]),
        (["KRW", "EUR"], ["EUR", "KRW"]),
    ],
    ids=str,
)
def test_the_group_s_money_is_that_at_par_else_that_of_most(codes, names):
    assert [money.currency for money in monies_of(codes)] == names


def test_what_is_at_par_is_a_setting(settings):
    settings.CURRENCIES_AT_PAR = ["USDT"]
    assert [money.currency for money in monies_of(["USDC", "USDT"])] == ["USDT", "USDC"]


def test_limits_say_what_the_monitor_measured_last(group, accounts, metrics, order_of, still_market):
    change_group(group.id, {"max_drawdown_percent": 5, "flatten_on_breach": True})
    order_of(accounts[0], "buy", "1")
    watch(clock=lambda: NOW)
    still_market.set("BTCUSDT", "49100")
    watch(clock=lambda: NOW)
    risk = metrics()["risk_metrics"]
    [limit] = risk["limits"]
    assert (limit["limit_type"], limit["origin"], limit["limit_value"]) == ("drawdown", "group", "5")
    assert (limit["current_value"], limit["status"]) == ("4.50225113", "warning")  # 900 of 19,990
    assert (risk["alerts"], risk["open_positions"]) == ({"warning": 1, "critical": 0, "breach": 0}, 1)


def test_a_limit_that_was_not_looked_at_yet_measures_nothing(group, metrics):
    change_group(group.id, {"max_drawdown_percent": 5})
    [limit] = metrics()["risk_metrics"]["limits"]
    assert (limit["current_value"], limit["status"], limit["measured_at"]) == (None, None, None)


def test_the_switch_is_told(group, metrics):
    assert metrics()["risk_metrics"]["state"] == "active"
    turn_switch(ScopeType.GROUP, group.id, state=SwitchState.HALTED, reason="Fire.")
    risk = metrics()["risk_metrics"]
    assert (risk["state"], risk["reason"], risk["flattening"]) == ("halted", "Fire.", False)


def test_streams_are_well_once_all_is_published(accounts, metrics, order_of):
    Event.objects.all().delete()
    order_of(accounts[0], "buy", "0.1")
    waiting = metrics()["websocket_health"]
    assert (waiting["streams"], waiting["streams_told"], waiting["messages_waiting"]) == (2, 0, 1)
    number_events()
    told = metrics()["websocket_health"]
    assert (told["streams_told"], told["messages_waiting"], told["status"]) == (1, 0, "ok")


@pytest.mark.parametrize(("seconds", "is_ok"), [(5, True), (6, False)])
def test_what_waits_too_long_is_not_well(accounts, seconds, is_ok):
    Event.objects.all().delete()
    now = timezone.now()
    name = account_stream(accounts[0].id)
    Event.objects.create(stream=name, message={}, created_at=now - timedelta(seconds=seconds))
    assert stream_health([name], now=now).is_ok == is_ok
    assert stream_health([account_stream(accounts[1].id)], now=now).waiting == 0


def test_the_page_of_a_group_says_what_it_earned_and_how_its_streams_are(accounts, detail, order_of):
    order_of(accounts[0], "buy", "0.1")
    order_of(accounts[0], "sell", "0.1")
    told = detail()
    assert told["performance"] == {
        "currency": "USDT",
        "equity": "19998",
        "total_pnl": "-2",
        "realized_pnl": "0",
        "fees": "2",
        "funding": "0",
        "total_trades": 1,
        "winning_trades": 0,
        "win_rate": "0",
    }
    assert told["websocket_status"].keys() >= {"status", "streams", "messages_waiting"}


def test_an_empty_group_is_worth_nothing(ada, client_of):
    empty = create_group(name="Empty", created_by=ada)
    api = client_of(ada)
    sums = api.get(f"/api/v1/groups/{empty.id}/metrics").json()["data"]["balance_status"]
    performance = api.get(f"/api/v1/groups/{empty.id}").json()["data"]["group"]["performance"]
    assert (sums["accounts"], sums["equity"], sums["currency"]) == (0, "0", "USD")
    assert (performance["equity"], performance["total_pnl"], performance["win_rate"]) == ("0", "0", None)


def test_what_was_earned_in_another_currency_is_not_added(accounts, detail):
    TradingAccount.objects.filter(pk=accounts[1].pk).update(currency="KRW", net_deposits=0)  # it won all of it
    performance = detail()["performance"]
    assert (performance["currency"], performance["equity"], performance["total_pnl"]) == ("USDT", "10000", "0")
