"""Reconciling: the balance is what the rows add up to, and a false one is found."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import TransferKind
from accounts.selectors.ledger import reconcile
from accounts.services.ledger import Entry, post_entries
from conftest import NOW

KINDS = st.sampled_from([TransferKind.TRADE_PNL, TransferKind.FUNDING, TransferKind.ADJUSTMENT])
AMOUNTS = st.integers(-(10**14), 10**14).filter(bool).map(lambda whole: Decimal(whole).scaleb(-8))


def test_a_true_balance_differs_by_nothing(account):
    found = reconcile(account)
    assert (found.balance, found.ledger_balance, found.difference) == (10250, 10250, 0)


def test_an_account_without_rows_is_true(tom, account_of):
    assert reconcile(account_of(tom, balance="0")).difference == 0


def test_it_reads_balance_and_rows_in_one_statement(account, django_assert_num_queries):
    # with two, a transfer between them would look like a difference
    with django_assert_num_queries(1):
        reconcile(account)


def test_another_accounts_rows_are_not_counted(account, tom, account_of):
    account_of(tom, balance="7")
    assert reconcile(account).ledger_balance == 10250


@pytest.mark.slow
def test_two_hundred_random_moves_stay_true(account):
    @settings(max_examples=10, deadline=None, database=None)
    @given(st.lists(st.tuples(KINDS, AMOUNTS), min_size=200, max_size=200))
    def check(moves):
        with transaction.atomic():
            post_entries(entries_of(account, moves), accounts={account.id: account}, now=NOW)
        assert reconcile(account).difference == 0
        assert account.balance == account.transfers.get(number=account.transfers_count).balance_after

    check()


def entries_of(account, moves):
    first = account.transfers_count
    return [Entry(account.id, kind, amount, f"r{first + n}") for n, (kind, amount) in enumerate(moves)]


@pytest.mark.parametrize("falsified", ["0.00000001", "-1", "100000"])
def test_a_falsified_balance_is_found(account, falsified):
    units = {"sqlite": 10**8, "postgresql": 1}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_tradingaccount SET balance = balance + %s", [round(Decimal(falsified) * units, 8)]
        )
    found = reconcile(account)
    assert (found.balance - found.ledger_balance, found.ledger_balance) == (Decimal(falsified), 10250)
