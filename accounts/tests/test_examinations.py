"""Examining people and money: who can run the desk, which balances are false."""

from decimal import Decimal

import pytest
from django.db import connection

from accounts.examinations import examine_admins, examine_books, examine_credentials
from accounts.models import Credential, TradingAccount, User
from accounts.selectors.ledger import false_balances
from accounts.services.credentials import Keys, keep_credentials
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


@pytest.fixture
def keyed(tom, account_of):
    """Two accounts with keys, one of them with a passphrase."""
    accounts = [account_of(tom, name="plain"), account_of(tom, name="phrase")]
    for account, passphrase in zip(accounts, ("", "The-phrase"), strict=True):
        keep_credentials(account.id, Keys("The-key", "The-secret", passphrase), now=NOW)
    return accounts


def test_keys_that_open_are_sound(keyed):
    (finding,) = examine_credentials()
    assert (finding.level, "2 account(s)" in finding.found) == ("ok", True)


@pytest.mark.parametrize("part", ["api_key", "api_secret", "passphrase"])
def test_a_part_that_was_moved_to_another_account_does_not_open(keyed, part):
    token = Credential.objects.values_list(part, flat=True).get(account=keyed[1])
    Credential.objects.filter(account=keyed[0]).update(**{part: token})
    (finding,) = examine_credentials()
    assert (finding.level, str(keyed[0].id) in finding.found, token in finding.found) == ("error", True, False)


def test_keys_of_another_secret_do_not_open(keyed, settings):
    settings.FIELD_ENCRYPTION_KEYS = "t1:b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q="
    (finding,) = examine_credentials()
    assert (finding.level, "2 account(s)" in finding.found) == ("error", True)


def test_keys_of_a_deleted_account_are_nobodys_trouble(keyed, settings):
    settings.FIELD_ENCRYPTION_KEYS = "t1:b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q="
    TradingAccount.objects.update(deleted_at=NOW)
    assert [finding.level for finding in examine_credentials()] == ["ok"]
