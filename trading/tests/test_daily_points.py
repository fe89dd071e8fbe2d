"""What many accounts were worth day by day: at midnights, at payments, and the last of a day without its midnight."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from accounts.services.ledger import deposit, withdraw
from conftest import NOW
from trading.models import EquityPoint
from trading.selectors import daily_points as module
from trading.selectors.daily_points import daily_points, last_points

OPENED = NOW  # 2 March 2026, 12:00


def at(day, hour=0):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def other(tom, account_of):
    return account_of(tom)


def point(account, moment, equity):
    return EquityPoint.objects.create(account=account, at=moment, balance=0, equity=equity, net_deposits=0)


def read(after, until):
    return [(each.at, each.equity) for each in daily_points(TradingAccount.objects.all(), after=after, until=until)]


def test_of_a_day_with_its_midnight_only_that_is_read(account):
    for moment, equity in ((at(2, 18), 1), (at(3), 2), (at(3, 5), 3), (at(3, 23), 4), (at(4), 5)):
        point(account, moment, equity)
    assert read(OPENED, at(4)) == [(at(3), 2), (at(4), 5)]


def test_of_a_day_without_its_midnight_the_last_one_is(account):
    for moment, equity in ((at(3), 1), (at(3, 5), 2), (at(3, 23), 3), (at(5), 4)):
        point(account, moment, equity)
    assert read(OPENED, at(5)) == [(at(3), 1), (at(3, 23), 3), (at(5), 4)]


def test_of_the_day_that_is_not_over_the_last_one_is(account):
    for moment, equity in ((at(3), 1), (at(3, 5), 2), (at(3, 6), 3), (at(3, 8), 4)):
        point(account, moment, equity)
    assert read(OPENED, at(3, 7)) == [(at(3), 1), (at(3, 6), 3)]


def test_two_at_one_midnight_do_not_stand_for_another_account(account, other):
    for each, moment, equity in ((account, at(3), 1), (account, at(3), 2), (other, at(2, 20), 3)):
        point(each, moment, equity)
    assert read(OPENED, at(3)) == [(at(2, 20), 3), (at(3), 1), (at(3), 2)]


def test_nobody_waits_for_an_account_that_was_not_open_yet(account, tom, account_of):
    TradingAccount.objects.filter(pk=account_of(tom).pk).update(created_at=at(4))
    for moment, equity in ((at(2, 18), 1), (at(3), 2)):
        point(account, moment, equity)
    assert read(OPENED, at(3)) == [(at(3), 2)]


def test_payments_are_read_between_midnights(account):
    deposit(account.id, amount=Decimal(5), reference="in", now=at(3, 5))
    withdraw(account.id, amount=Decimal(2), reference="out", now=at(3, 6))
    for moment in (at(3), at(3, 7), at(4)):
        point(account, moment, 9)
    assert [moment for moment, _ in read(OPENED, at(4))] == [at(3), at(3, 5), at(3, 6), at(4)]


def test_many_days_without_midnights_are_read_as_one_stretch(account, monkeypatch):
    monkeypatch.setattr(module, "MOST_STRETCHES", 1)
    moments = [at(2, 20), at(4), at(4, 5), at(6)]
    for moment in moments:
        point(account, moment, 1)
    assert [moment for moment, _ in read(OPENED, at(6))] == moments


def test_every_other_midnight_of_ten_years_may_be_missing(account):
    TradingAccount.objects.update(created_at=NOW - timedelta(days=3660))
    for number in range(0, 3650, 2):
        point(account, at(2) - timedelta(days=number), 1)
    assert len(read(at(2) - timedelta(days=3660), at(2))) == 1825


def test_the_last_point_until_a_moment(account, other, tom, account_of):
    for moment, equity in ((at(3), 1), (at(3, 5), 2), (at(3, 6), 3)):
        point(account, moment, equity)
    EquityPoint.objects.filter(account=other).delete()
    found = last_points(TradingAccount.objects.all(), at(3, 5))
    assert [(each.account_id, each.equity) for each in found] == [(account.id, 2)]


def test_the_statements_do_not_grow(account, tom, account_of):
    few = statements()
    accounts = [account_of(tom) for _ in range(20)]
    assert (statements(), len(accounts)) == (few, 20)


def statements():
    with CaptureQueriesContext(connection) as queries:
        read(OPENED, at(6))
    return len(queries)
