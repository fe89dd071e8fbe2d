"""What an account may lose in a day is a limit like any other, kept in step with the account."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from accounts.models import TradingAccount
from accounts.services.trading_accounts import change_account
from trading.models import LimitType, RiskLimit, ScopeType

pytestmark = pytest.mark.django_db


def limits():
    return list(RiskLimit.objects.values_list("scope_id", "limit_type", "limit_value", "origin"))


def row(account, value):
    return (account.id, "daily_loss", Decimal(value), "account")


def test_an_account_opened_with_one_is_limited(tom, account_of):
    account = account_of(tom, max_daily_loss=Decimal(500))
    assert limits() == [row(account, "500")]


def test_an_account_opened_without_one_is_not(tom, account_of):
    account_of(tom)
    assert limits() == []


@pytest.mark.parametrize("way", ["api", "service", "admin"])
def test_a_change_changes_the_one_row(tom, ada, account_of, client_of, client, way):
    account = account_of(tom, max_daily_loss=Decimal(500))
    before = RiskLimit.objects.get().pk
    if way == "api":
        client_of(tom).patch(f"/api/v1/accounts/{account.id}", {"max_daily_loss": "99.5"})
    elif way == "service":
        change_account(account, {"max_daily_loss": Decimal("99.5")})
    else:
        client.force_login(ada)
        page = reverse("admin:accounts_tradingaccount_change", args=[account.id])
        client.post(page, {"name": "Paper", "is_active": "on", "max_leverage": "100", "max_daily_loss": "99.5"})
    assert (limits(), RiskLimit.objects.get().pk) == ([row(account, "99.5")], before)


@pytest.mark.parametrize("most", [None, Decimal(0)])
def test_taking_it_back_takes_the_row(tom, account_of, most):
    account = account_of(tom, max_daily_loss=Decimal(500))
    change_account(account, {"max_daily_loss": most})
    assert limits() == []


def test_a_row_that_was_switched_off_is_on_again_with_a_new_value(tom, account_of):
    account = account_of(tom, max_daily_loss=Decimal(500))
    RiskLimit.objects.update(enabled=False)
    change_account(account, {"max_daily_loss": Decimal(400)})
    assert RiskLimit.objects.get().enabled


def test_limits_that_people_set_are_left_alone(tom, account_of):
    account = account_of(tom, max_daily_loss=Decimal(500))
    names = {"scope_type": ScopeType.ACCOUNT, "scope_id": account.id, "limit_type": LimitType.DAILY_LOSS}
    RiskLimit.objects.create(**names, limit_value="300")
    change_account(account, {"max_daily_loss": None})
    assert limits() == [(account.id, "daily_loss", Decimal(300), "")]


def test_no_change_writes_nothing(tom, account_of, django_assert_num_queries):
    account = account_of(tom)
    with django_assert_num_queries(0):
        change_account(account, {})


def test_only_the_named_fields_are_written(tom, account_of):
    account = account_of(tom)
    TradingAccount.objects.update(name="Other", balance="1")
    change_account(account, {"max_leverage": 5})
    assert TradingAccount.objects.values_list("name", "balance", "max_leverage").get() == ("Other", 1, 5)


def test_accounts_from_before_are_limited_by_the_migration(tom, account_of):
    limited, zero, _ = account_of(tom, name="A"), account_of(tom, name="B"), account_of(tom, name="C")
    TradingAccount.objects.filter(pk=limited.pk).update(max_daily_loss="250")
    TradingAccount.objects.filter(pk=zero.pk).update(max_daily_loss="0")
    migration = import_module("trading.migrations.0002_orders_that_rest_risk_and_equity")
    migration.limit_what_accounts_may_lose(apps, connection.schema_editor())
    assert limits() == [row(limited, "250")]
