"""Several rounds of the monitor at once: one alert each, every position closed once, nobody deadlocks."""

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.services.trading_accounts import change_account
from trading.models import LimitMark, Order, OrderSide, Position, RiskAlert, RiskLimit, ScopeType, Switch
from trading.services.orders import OrderRequest, place_order
from trading.services.risk.monitor import watch
from trading.services.scopes import set_covered_accounts
from trading.tests.test_two_at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_market", "no_slippage")]

NOW = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
GROUP = uuid.UUID("5b0d2c57-2f4e-4c0a-9b1c-3a6f0d1e8a42")


def look():
    watch(clock=lambda: NOW)


def buy(account, instrument):
    request = OrderRequest(instrument=instrument, side=OrderSide.BUY, quantity=Decimal("0.1"), leverage=10)
    place_order(account, request=request, clock=lambda: NOW)


@pytest.fixture
def accounts(tom, account_of, btcusdt):
    accounts = [account_of(tom, name=str(number)) for number in range(6)]
    for account in accounts:
        buy(account, btcusdt)
    set_covered_accounts_of(accounts)
    group = {"scope_type": ScopeType.GROUP, "scope_id": GROUP}
    RiskLimit.objects.create(**group, limit_type="daily_loss", limit_value="100", flatten_on_breach=True)
    RiskLimit.objects.create(**group, limit_type="exposure", limit_value="5500")
    return accounts


def set_covered_accounts_of(accounts):
    with transaction.atomic():
        set_covered_accounts(ScopeType.GROUP, GROUP, [account.id for account in accounts])


def test_four_rounds_at_once_are_one(accounts, still_market):
    assert at_once([look] * 4) == []
    still_market.set("BTCUSDT", "49000")
    assert at_once([look] * 4) == []
    assert sorted(RiskAlert.objects.values_list("limit_type", "severity")) == [
        ("daily_loss", "breach"),
        *[("exposure", "warning")] * 6,
    ]
    assert (Order.objects.filter(origin="flatten").count(), Position.objects.open().count()) == (6, 0)
    assert (LimitMark.objects.count(), Switch.objects.values_list("state", "flattening").get()) == (
        1,
        ("halted", False),
    )


def test_rounds_beside_everything_that_takes_the_same_locks(accounts, still_market, btcusdt):
    RiskLimit.objects.filter(limit_type="exposure").update(limit_value="900000")
    work = [look, look]
    work.append(lambda: [change_account(accounts[0], {"max_daily_loss": most}) for most in (Decimal(5), None) * 5])
    work.append(lambda: [set_covered_accounts_of(accounts[n % 3 :]) for n in range(8)])
    work.append(lambda: [buy(accounts[1], btcusdt) for _ in range(8)])
    assert at_once(work * 2) == []
    assert not RiskAlert.objects.filter(limit_type="daily_loss").exists()


def test_rounds_beside_changes_that_go_through_several_scopes(accounts):
    bots = [uuid.UUID(int=number) for number in (1, 2**127)]
    for bot_id in bots:
        scope = {"scope_type": ScopeType.BOT, "scope_id": bot_id}
        RiskLimit.objects.create(**scope, limit_type="daily_loss", limit_value="1000")
    work = [lambda: [look() for _ in range(6)]]
    work.append(lambda: [_change_all([GROUP, *bots], accounts[n % 3 :]) for n in range(12)])
    work.append(lambda: [_change_all([*reversed(bots), GROUP], accounts[n % 2 :]) for n in range(12)])
    assert at_once(work * 2) == []


def _change_all(scope_ids, accounts):
    with transaction.atomic():
        for scope_id in scope_ids:
            scope_type = ScopeType.GROUP if scope_id == GROUP else ScopeType.BOT
            set_covered_accounts(scope_type, scope_id, [account.id for account in accounts])
