"""Examining people and money: who can run the desk, which balances are false."""

from decimal import Decimal

import pytest
from django.db import connection

from accounts.examinations import examine_admins, examine_books
from accounts.models import User
from accounts.selectors.ledger import false_balances
from accounts.services.ledger import withdraw
from conftest import NOW


def test_an_admin_with_a_password_of_their_own_is_sound(ada):
    assert [finding.level for finding in examine_admins()] == ["ok"]


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "trader"}], ids=str)
def test_no_active_admin_is_an_error(ada, tom, change):
    User.objects.filter(pk=ada.pk).update(**change)
    assert [finding.level for finding in examine_admins()] == ["error"]


def test_an_admin_whose_password_is_their_name_is_named(ada):
    ada.set_password("ada")
    ada.save()
    (finding,) = examine_admins()
    assert (finding.level, "ada" in finding.found) == ("error", True)


def test_a_traders_password_is_not_tried(ada, tom):
    tom.set_password("tom")
    tom.save()
    assert [finding.level for finding in examine_admins()] == ["ok"]


@pytest.fixture
def accounts(tom, account_of):
    """An account with two transfers, one with one, one without."""
    moved = account_of(tom, name="moved")
    withdraw(moved.id, amount=Decimal(7), reference="out", now=NOW)
    return [moved, account_of(tom, name="still"), account_of(tom, name="empty", balance="0")]


def test_true_books_are_sound_in_one_statement(accounts, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert [finding.level for finding in examine_books()] == ["ok"]


@pytest.mark.parametrize("which", range(3))
def test_a_falsified_balance_is_found_whatever_the_ledger_holds(accounts, which):
    smallest = {"sqlite": 1, "postgresql": Decimal("0.00000001")}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_tradingaccount SET balance = balance + %s WHERE name = %s",
            [smallest, accounts[which].name],
        )
    (finding,) = examine_books()
    assert (finding.level, str(accounts[which].id) in finding.found) == ("error", True)
    assert list(false_balances()) == [accounts[which]]
