"""daily_drawdown and monthly_target: percents of what there would be without what was lost, or gained."""

import uuid
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import TradingAccount
from accounts.services.ledger import deposit
from conftest import NOW
from core.errors import AppError, Invalid
from trading.measures import gained_percent
from trading.models import LimitMark, RiskAlert, RiskLimit, ScopeType, Switch
from trading.services.risk.monitor import watch
from trading.services.risk.records import set_limit
from trading.services.scopes import set_covered_accounts

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

GROUP = uuid.uuid4()


@pytest.fixture
def account(tom, account_of):
    account = account_of(tom)
    set_covered_accounts(ScopeType.GROUP, GROUP, [account.id])
    return account


@pytest.fixture
def long(account, order_of):
    """One BTC, bought at 50,000 for a fee of 10: 9,990 of equity, 1 dollar a dollar."""
    order_of(account, "buy", "1")
    return account


@pytest.fixture
def limit(ada, account):
    """Set a limit on the group, or on the account: `limit("daily_drawdown", "5", scope="account")`."""
    ids = {"group": GROUP, "account": account.id}
    thresholds = {"warning_threshold": Decimal("0.8"), "critical_threshold": Decimal("0.95")}

    def of(limit_type, value, *, scope="group", **facts):
        facts = {"scope_type": scope, "scope_id": ids[scope], "limit_value": Decimal(value), **thresholds, **facts}
        return set_limit(created_by=ada, limit_type=limit_type, **facts)

    return of


@pytest.fixture
def look(still_market):
    """Let the monitor do a round: `look("45000")` at another price of BTCUSDT, `look(days=1)` a day later."""

    def at(price="", **later):
        if price:
            still_market.set("BTCUSDT", price)
        watch(clock=lambda: NOW + timedelta(**later))

    return at


def told():
    return list(RiskAlert.objects.order_by("triggered_at").values_list("limit_type", "severity", "current_value"))


@pytest.mark.parametrize("scope", ["group", "account"])
def test_a_share_lost_in_a_day_beyond_the_limit_halts_with_one_alert(long, limit, look, scope):
    limit("daily_drawdown", "5", scope=scope)
    look()
    look("49490")  # 510 of 9,990: 5.105 %
    look()
    assert told() == [("daily_drawdown", "breach", Decimal("5.10510511"))]
    assert RiskAlert.objects.get().message.startswith("5.10510511 % was lost today; the limit is 5 ")
    assert Switch.objects.values_list("scope_type", "state").get() == (scope, "halted")


def test_a_share_at_the_limit_is_no_breach(account, limit, look, order_of):
    limit("daily_drawdown", "5")
    look()
    order_of(account, "buy", "1")
    look("49510")  # 10 of fee and 490: 500 of 10,000
    assert told() == [("daily_drawdown", "critical", Decimal(5))]
    assert not Switch.objects.exists()


def test_what_was_lost_yesterday_is_no_loss_of_today(long, limit, look):
    limit("daily_drawdown", "5")
    look()
    look("49600")  # 400 of 9,990
    look("49600", days=1)
    look("49200", days=1)  # 400 of 9,590
    assert not RiskAlert.objects.filter(severity="breach").exists()


@pytest.mark.parametrize("scope", ["group", "account"])
def test_an_order_beyond_it_is_refused(long, limit, look, order_of, scope):
    limit("daily_drawdown", "5", scope=scope)
    look()
    look("49490")
    Switch.objects.all().delete()
    with pytest.raises(AppError) as refused:
        order_of(long, "buy", "0.1")
    assert refused.value.code == "DAILY_DRAWDOWN_LIMIT"


def test_a_target_that_is_reached_is_told_once_and_forbids_nothing(long, limit, look, order_of):
    limit("monthly_target", "5")
    look()
    look("50499")  # 499 of 9,990
    assert told() == []
    look("50500")  # 500 of 9,990
    look("50600")
    assert told() == [("monthly_target", "warning", Decimal("5.00500501"))]
    assert RiskAlert.objects.get().message.startswith("5.00500501 % was gained this month; the target is 5 ")
    assert (Switch.objects.exists(), order_of(long, "buy", "0.1").status) == (False, "filled")


def test_a_target_counts_from_the_first_look_of_the_month(long, limit, look):
    limit("monthly_target", "5")
    look()
    look("50400")
    look(days=29)  # still March
    assert LimitMark.objects.get().month_pnl == -10
    look(days=30)
    look("50800", days=30)  # 400 of 10,390
    assert (told(), LimitMark.objects.get().month_pnl) == ([], 390)


def test_money_paid_in_is_no_gain(long, limit, look):
    limit("monthly_target", "5")
    look()
    deposit(long.id, amount=Decimal(5000), reference="d", now=NOW)
    look()
    assert told() == []


def test_what_a_member_had_gained_before_it_joined_is_no_gain_of_the_group(long, limit, look, tom, account_of):
    set_covered_accounts(ScopeType.GROUP, GROUP, [account_of(tom).id])
    limit("monthly_target", "1")
    look("51000")
    set_covered_accounts(ScopeType.GROUP, GROUP, [long.id])
    look()
    assert told() == []


@pytest.mark.parametrize(
    ("began_at", "pnl", "equity", "percent"),
    [("0", "500", "10500", "5"), ("0", "-1", "9999", "0"), ("0", "500", "500", "0"), ("0", "9", "5", "0")],
)
def test_a_gain_is_measured_on_what_there_would_be_without_it(began_at, pnl, equity, percent):
    assert gained_percent(Decimal(began_at), Decimal(pnl), Decimal(equity)) == Decimal(percent)


@pytest.mark.parametrize(
    ("limit_type", "facts", "field"),
    [
        ("daily_drawdown", {"limit_value": Decimal(101)}, "limit_value"),
        ("monthly_target", {"symbol": "BTCUSDT"}, "symbol"),
        ("monthly_target", {"flatten_on_breach": True}, "flatten_on_breach"),
    ],
)
def test_what_makes_no_sense_is_refused(limit, limit_type, facts, field):
    with pytest.raises(Invalid) as refused:
        limit(limit_type, "5", **facts)
    assert (list(refused.value.errors), RiskLimit.objects.exists()) == ([field], False)


def test_months_that_were_under_way_go_on_from_their_day(long, limit, look):
    limit("daily_drawdown", "5")
    look()
    LimitMark.objects.update(month_pnl=0)
    import_module("trading.migrations.0003_daily_drawdown_and_monthly_target").begin_months_where_days_began(apps, None)
    assert LimitMark.objects.get().month_pnl == -10


def test_an_account_of_another_money_does_not_thin_a_loss(long, limit, look, tom, account_of):
    rich = account_of(tom, currency="KRW", balance="5000000")
    set_covered_accounts(ScopeType.GROUP, GROUP, [long.id, rich.id])
    limit("daily_drawdown", "5")
    look()
    look("49490")
    assert told() == [("daily_drawdown", "breach", Decimal("5.10510511"))]


def test_what_an_account_of_another_money_won_before_it_joins_is_not_counted(long, limit, look, tom, account_of):
    limit("drawdown", "5")
    look()
    rich = account_of(tom, currency="KRW", balance="5000000")
    TradingAccount.objects.filter(pk=rich.pk).update(net_deposits=0)  # it won all of it
    set_covered_accounts(ScopeType.GROUP, GROUP, [long.id, rich.id])
    look()
    assert (told(), LimitMark.objects.values_list("pnl", "peak_pnl").get()) == ([], (-10, -10))


def test_accounts_of_one_other_money_are_limited_until_one_at_par_joins(long, limit, look, tom, account_of):
    rich = account_of(tom, currency="KRW", balance="5000000")
    set_covered_accounts(ScopeType.GROUP, GROUP, [rich.id])
    limit("drawdown", "5")
    look()
    TradingAccount.objects.filter(pk=rich.pk).update(balance="4900000")
    look()
    assert LimitMark.objects.values_list("pnl", "peak_pnl", "equity").get() == (-100000, 0, 4900000)
    set_covered_accounts(ScopeType.GROUP, GROUP, [rich.id, long.id])
    look()
    assert (told(), LimitMark.objects.values_list("pnl", "peak_pnl", "equity").get()) == ([], (-10, -10, 9990))
