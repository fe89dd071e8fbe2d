"""Several moves of money at the same moment: none is lost, none is made twice."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import TradingAccount, Transfer
from accounts.selectors.ledger import reconcile
from accounts.services.ledger import InsufficientFunds, deposit, withdraw
from conftest import NOW
from core.errors import AppError, Conflict

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 6


def at_once(move, account, references, amount="10"):
    """Make one move per reference, all at the same moment; return the refusals."""
    start = Barrier(len(references))

    def one(reference):
        start.wait()
        try:
            move(account.id, amount=Decimal(amount), reference=reference, now=NOW)
        except AppError as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(references)) as pool:
        return [refusal for refusal in pool.map(one, references) if refusal]


def test_deposits_at_once_are_all_booked_and_numbered_without_holes(account):
    assert at_once(deposit, account, [f"r{n}" for n in range(WORKERS)]) == []
    numbers = list(Transfer.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, WORKERS + 4))
    assert reconcile(account).balance == reconcile(account).ledger_balance == 10250 + 10 * WORKERS


def test_the_same_deposit_at_once_is_booked_once(account):
    assert at_once(deposit, account, ["same"] * WORKERS) == [Conflict] * (WORKERS - 1)
    assert (Transfer.objects.filter(reference="same").count(), reconcile(account).balance) == (1, 10260)


def test_withdrawals_at_once_take_no_more_than_there_is(account):
    # 10,250 hold two times 4,000
    refusals = at_once(withdraw, account, [f"r{n}" for n in range(WORKERS)], amount="4000")
    assert refusals == [InsufficientFunds] * (WORKERS - 2)
    assert TradingAccount.objects.get().balance == 2250
    assert reconcile(account).difference == 0
