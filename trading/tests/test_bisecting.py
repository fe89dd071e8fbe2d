"""One account's trouble in the database is that account's alone: the others of its batch trade."""

import logging

import pytest
from django.db import OperationalError

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from trading.decisions import IntentSide
from trading.models import Fill, Order, Outcome, Position
from trading.services import passes, road

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}


def spoil(names):
    """Falsify the count of rows: the number of the next one is taken, so that writing it fails."""
    TradingAccount.objects.filter(name__in=names).update(transfers_count=0)


@pytest.mark.parametrize(
    ("many", "bad"),
    [
        (1, {"000"}),
        (2, {"001"}),
        (7, {"000"}),
        (7, {"003"}),
        (7, {"006"}),
        (7, {"001", "002", "005"}),
        (3, {"000", "001", "002"}),
    ],
)
def test_an_account_whose_books_fail_is_rejected_alone(tom, accounts_of, btcusdt, send, outcomes, many, bad):
    accounts = accounts_of(tom, many)
    spoil(bad)
    signal = send(btcusdt, accounts, **BUY)
    expected = [("rejected", "INTERNAL") if account.name in bad else ("filled", "") for account in accounts]
    assert outcomes(signal) == expected
    assert (signal.success_count, signal.error_count) == (many - len(bad), len(bad))
    assert Order.objects.count() == Fill.objects.count() == Position.objects.count() == many - len(bad)


def test_the_books_of_all_accounts_are_true_afterwards(tom, accounts_of, btcusdt, send):
    accounts = accounts_of(tom, 9)
    spoil({"004"})
    send(btcusdt, accounts, **BUY)
    assert {reconcile(account).difference for account in accounts} == {0}


def test_the_log_holds_what_the_client_is_not_told(tom, accounts_of, btcusdt, send, caplog):
    [account] = accounts_of(tom, 1)
    spoil({"000"})
    send(btcusdt, [account], **BUY)
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert str(account.id) in record.getMessage()
    assert Outcome.objects.get().reason == "The desk failed on this account; the log holds why."


def test_an_account_that_is_mended_is_not_traded_after_all(tom, accounts_of, btcusdt, send, run_again, outcomes):
    accounts = accounts_of(tom, 2)
    spoil({"000"})
    signal = send(btcusdt, accounts, **BUY)
    TradingAccount.objects.update(transfers_count=10)
    run_again(signal)
    assert (outcomes(signal), Order.objects.count()) == ([("rejected", "INTERNAL"), ("filled", "")], 1)


def test_a_second_leg_that_fails_leaves_the_account_flat_and_says_so(
    tom, accounts_of, btcusdt, send, outcomes, monkeypatch
):
    accounts = accounts_of(tom, 2)
    send(btcusdt, accounts, **BUY)
    monkeypatch.setattr(road, "apply_receipts", failing_on_leg_two(road.apply_receipts, accounts[0]))
    signal = send(btcusdt, accounts, **{**BUY, "side": IntentSide.SELL})
    assert outcomes(signal) == [("rejected", "INTERNAL"), ("filled", "")]
    assert [position.account_id for position in Position.objects.open()] == [accounts[1].id]


def failing_on_leg_two(apply, account):
    def fail(orders, receipts, **kwargs):
        if any(order.leg == 2 and order.account_id == account.id for order in orders.values()):
            raise ZeroDivisionError
        return apply(orders, receipts, **kwargs)

    return fail


def away(*_, **__):
    raise OperationalError("server closed the connection")


def test_a_database_that_is_away_is_nobodys_verdict_and_the_signal_is_run_again(
    tom, accounts_of, btcusdt, opened, run_again, outcomes, monkeypatch
):
    signal = opened(btcusdt, accounts_of(tom, 3), **BUY)
    with monkeypatch.context() as patch:
        patch.setattr(road, "apply_receipts", away)
        with pytest.raises(OperationalError):
            run_again(signal)
    assert (outcomes(signal), Order.objects.count()) == ([("pending", "")] * 3, 0)
    run_again(signal)
    assert (outcomes(signal), Order.objects.count()) == ([("filled", "")] * 3, 3)


def test_one_bad_account_of_many_is_found_by_halving(tom, accounts_of, btcusdt, send, monkeypatch):
    # 64 accounts are halved six times, two walks each, after the first walk of all
    walks = []
    monkeypatch.setattr(passes, "walk", lambda *args, **kwargs: walks.append(args) or road.walk(*args, **kwargs))
    accounts = accounts_of(tom, 64)
    spoil({"020"})
    send(btcusdt, accounts, **BUY)
    assert len(walks) == 1 + 2 * 6
