"""An order and the deletion of its account at the same moment: exactly one of them happens."""

import pytest
from django.utils import timezone

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from accounts.selectors.trading_accounts import AccountMissing
from accounts.services.trading_accounts import AccountInUse, close_account
from core.errors import AppError
from trading.decisions import IntentSide
from trading.models import AccountScope, Order, Outcome, Position
from trading.services.signals import run_signal
from trading.tests.test_two_at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_market", "no_slippage")]

ROUNDS = range(12)


def is_deleted(account: TradingAccount) -> bool:
    return not TradingAccount.objects.living().filter(pk=account.pk).exists()


def delete(account: TradingAccount) -> None:
    close_account(account.id, now=timezone.now())


def codes(raised: list[BaseException]) -> list[str]:
    return [error.code if isinstance(error, AppError) else repr(error) for error in raised]


@pytest.mark.parametrize("number", ROUNDS)
def test_a_person_s_order_or_the_deletion(tom, account_of, order_of, number):
    account = account_of(tom)
    work = [lambda: order_of(account, "buy", "0.1"), lambda: delete(account)]
    raised = at_once(work if number % 2 else work[::-1])
    deleted, traded = is_deleted(account), Order.objects.filter(account=account).exists()
    assert (deleted, codes(raised)) in ((True, ["NOT_FOUND"]), (False, ["ACCOUNT_IN_USE"]))
    assert (traded, Position.objects.open().exists()) == (not deleted, not deleted)
    assert reconcile(account).difference == 0


@pytest.mark.parametrize("number", ROUNDS)
def test_a_signal_or_the_deletion(tom, account_of, btcusdt, opened, number):
    account = account_of(tom)
    signal = opened(btcusdt, [account], side=IntentSide.BUY, size="0.01", leverage=5)
    work = [lambda: run_signal(signal.id, clock=timezone.now), lambda: delete(account)]
    raised = at_once(work if number % 2 else work[::-1])
    outcome = Outcome.objects.values_list("status", "code").get()
    ended = (codes(raised), outcome, is_deleted(account))
    assert ended in (([], ("rejected", "ACCOUNT_INACTIVE"), True), (["ACCOUNT_IN_USE"], ("filled", ""), False))


def test_an_order_for_an_account_that_is_gone_is_a_404(tom, account_of, order_of):
    account = account_of(tom)
    delete(account)
    with pytest.raises(AccountMissing):
        order_of(account, "buy", "0.1")
    assert not Order.objects.exists()


def test_of_many_deletions_at_once_one_is_the_one(tom, account_of):
    account = account_of(tom)
    assert codes(at_once([lambda: delete(account)] * 4)) == ["NOT_FOUND"] * 3


def test_the_check_is_under_the_lock(tom, account_of, order_of):
    account = account_of(tom)
    order_of(account, "buy", "0.1")
    AccountScope.objects.create(account=account, scope_type="bot", scope_id=account.id)
    with pytest.raises(AccountInUse):
        delete(account)
    assert (is_deleted(account), AccountScope.objects.exists()) == (False, True)
