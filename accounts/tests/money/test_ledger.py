"""Moving money: every move is one balanced, numbered row, once per reference."""

from decimal import Decimal, InvalidOperation

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Book, TradingAccount, Transfer, TransferKind
from accounts.services.ledger import Entry, InsufficientFunds, NotPaper, deposit, post_entries, withdraw
from conftest import NOW
from core.errors import Conflict
from core.exact import NotExact

COLUMNS = ("number", "kind", "debit", "credit", "amount", "balance_after", "reference")


def rows(account):
    return list(Transfer.objects.filter(account=account).order_by("number").values_list(*COLUMNS))


def entry(account, kind, amount, reference="r"):
    return Entry(account.id, TransferKind(kind), Decimal(amount), reference)


def post(account, *entries):
    with transaction.atomic():
        locked = TradingAccount.objects.locked().get(pk=account.pk)
        return post_entries(entries, accounts={account.id: locked}, now=NOW)


def test_opening_deposit_and_withdrawal_are_three_rows(account):
    assert rows(account) == [
        (1, "deposit", "cash", "external", 10000, 10000, "opening"),
        (2, "deposit", "cash", "external", 500, 10500, "in"),
        (3, "withdrawal", "external", "cash", 250, 10250, "out"),
    ]
    assert (account.balance, account.transfers_count) == (10250, 3)


def test_an_account_opened_with_nothing_has_no_rows(tom, account_of):
    account = account_of(tom, balance="0")
    assert (rows(account), account.balance) == ([], 0)


@pytest.mark.parametrize(
    ("kind", "amount", "debit", "credit", "balance"),
    [
        ("trade_pnl", "100", "cash", "pnl", 10350),
        ("trade_pnl", "-100", "pnl", "cash", 10150),
        ("commission", "-1.5", "fees", "cash", Decimal("10248.5")),
        ("funding", "-0.00000001", "funding", "cash", Decimal("10249.99999999")),
        ("funding", "2", "cash", "funding", 10252),
        ("adjustment", "-10250", "adjustment", "cash", 0),
        ("trade_pnl", "-20000", "pnl", "cash", -9750),  # a loss may be larger than the cash
    ],
)
def test_an_effect_moves_its_amount_between_cash_and_its_book(account, kind, amount, debit, credit, balance):
    [transfer] = post(account, entry(account, kind, amount))
    account.refresh_from_db()
    assert (transfer.debit, transfer.credit, transfer.amount) == (debit, credit, abs(Decimal(amount)))
    assert transfer.signed_amount == Decimal(amount)
    assert account.balance == transfer.balance_after == balance


def test_many_effects_are_two_statements_and_numbered_in_order(account, django_assert_num_queries):
    entries = [entry(account, "commission", "-0.1", f"fill:{number}") for number in range(100)]
    with django_assert_num_queries(2):
        post_entries(entries, accounts={account.id: account}, now=NOW)
    numbers = [row[0] for row in rows(account)]
    account.refresh_from_db()
    assert numbers == list(range(1, 104))
    assert (account.balance, account.transfers_count) == (10240, 103)  # 10,250 − 100 × 0.1


def test_balances_after_are_the_running_sum(account):
    post(account, *(entry(account, "trade_pnl", amount, f"r{amount}") for amount in ("5", "-7", "0.5")))
    assert [row[5] for row in rows(account)][3:] == [10255, 10248, Decimal("10248.5")]


def test_the_books_balance(account):
    post(account, entry(account, "trade_pnl", "100"), entry(account, "commission", "-1"))
    moved = Transfer.objects.values_list("debit", "credit", "amount")
    totals = {
        book: sum(a for d, _, a in moved if d == book) - sum(a for _, c, a in moved if c == book) for book in Book
    }
    assert totals == {"cash": 10349, "external": -10250, "pnl": -100, "fees": 1, "funding": 0, "adjustment": 0}
    assert sum(totals.values()) == 0


def test_effects_of_several_accounts_are_numbered_apart(tom, account_of):
    one, other = account_of(tom), account_of(tom)
    entries = [entry(one, "funding", "1"), entry(other, "funding", "2"), entry(one, "funding", "4", "s")]
    post_entries(entries, accounts={one.id: one, other.id: other}, now=NOW)
    assert [(row[0], row[5]) for row in rows(one)] == [(1, 10000), (2, 10001), (3, 10005)]
    assert [(row[0], row[5]) for row in rows(other)] == [(1, 10000), (2, 10002)]


@pytest.mark.parametrize("move", [deposit, withdraw])
def test_a_reference_moves_money_once(account, move):
    move(account.id, amount=Decimal(10), reference="once", now=NOW)
    before = rows(account)
    with pytest.raises(Conflict):
        move(account.id, amount=Decimal(10), reference="once", now=NOW)
    assert rows(account) == before
    assert TradingAccount.objects.get(pk=account.pk).balance == before[-1][5]


def test_a_reference_counts_per_account_and_kind(account, tom, account_of):
    other = account_of(tom)
    deposit(account.id, amount=Decimal(1), reference="same", now=NOW)
    withdraw(account.id, amount=Decimal(1), reference="same", now=NOW)
    deposit(other.id, amount=Decimal(1), reference="same", now=NOW)
    assert Transfer.objects.filter(reference="same").count() == 3


def test_all_that_is_free_can_be_withdrawn(account):
    withdraw(account.id, amount=Decimal(10250), reference="all", now=NOW)
    assert TradingAccount.objects.get(pk=account.pk).balance == 0


def test_more_than_there_is_cannot_be_withdrawn(account):
    before = rows(account)
    with pytest.raises(InsufficientFunds) as refusal:
        withdraw(account.id, amount=Decimal("10250.00000001"), reference="more", now=NOW)
    assert (refusal.value.asked, refusal.value.available) == (Decimal("10250.00000001"), 10250)
    assert rows(account) == before


@pytest.mark.parametrize("move", [deposit, withdraw])
def test_money_of_an_exchange_is_not_moved_here(account, move):
    TradingAccount.objects.filter(pk=account.pk).update(exchange="bybit")
    with pytest.raises(NotPaper):
        move(account.id, amount=Decimal(1), reference="x", now=NOW)
    assert len(rows(account)) == 3


@pytest.mark.parametrize("amount", ["0.000000001", "92233720368", "NaN", "Infinity"])
def test_an_amount_that_is_not_exact_or_too_large_leaves_no_row(account, amount):
    with pytest.raises((NotExact, InvalidOperation)):
        post(account, entry(account, "funding", amount))
    assert len(rows(account)) == 3


def test_an_effect_of_zero_leaves_no_row(account):
    with pytest.raises(IntegrityError):
        post(account, entry(account, "funding", "0"))
    assert len(rows(account)) == 3


def test_one_bad_effect_takes_all_of_its_batch_back(account):
    with pytest.raises(IntegrityError):
        post(account, entry(account, "funding", "5", "good"), entry(account, "deposit", "5", "in"))
    account.refresh_from_db()
    assert (len(rows(account)), account.balance, account.transfers_count) == (3, 10250, 3)
