"""Several at once on the same accounts: nothing is doubled, nothing is lost, nobody deadlocks."""

import itertools
import threading
import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from trading.decisions import DEFAULT_RULES, IntentSide, Rules
from trading.intents import Intent
from trading.models import Fill, Order, Outcome, Position, SignalSource
from trading.services.signals import open_signal, run_signal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_market", "no_slippage")]

NOW = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
BOTH_WAYS = Rules(on_opposite=DEFAULT_RULES.on_opposite, pyramiding=True)


def at_once(work: list[Callable[[], object]]) -> list[BaseException]:
    """Run all of them in threads that start together; return what they raised."""
    start, raised = threading.Barrier(len(work)), []

    def run(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(task,)) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def opened(instrument, accounts: list[TradingAccount], side: IntentSide) -> uuid.UUID:
    intent = Intent(side=side, size="0.01", leverage=5, rules=BOTH_WAYS)
    return open_signal(
        signal_id=uuid.uuid4(),
        source=SignalSource.ALERT,
        intent=intent,
        instrument=instrument,
        account_ids=[account.id for account in accounts],
        received_at=NOW,
    ).id


def test_one_signal_run_by_four_workers_trades_each_account_once(tom, account_of, btcusdt):
    accounts = [account_of(tom, name=str(number)) for number in range(10)]
    signal_id = opened(btcusdt, accounts, IntentSide.BUY)
    assert at_once([lambda: run_signal(signal_id, clock=lambda: NOW)] * 4) == []
    assert (Order.objects.count(), Fill.objects.count()) == (10, 10)
    assert set(Outcome.objects.values_list("status", flat=True)) == {"filled"}


def test_signals_on_overlapping_accounts_neither_deadlock_nor_lose(tom, account_of, btcusdt):
    accounts = [account_of(tom, name=str(number)) for number in range(8)]
    parts = itertools.cycle([accounts[:5], accounts[3:], list(reversed(accounts))])
    sides = itertools.cycle([IntentSide.BUY, IntentSide.SELL, IntentSide.CLOSE])
    signals = [opened(btcusdt, part, side) for part, side, _ in zip(parts, sides, range(24), strict=False)]
    work = [lambda ids=signals[start::4]: [run_signal(pk, clock=lambda: NOW) for pk in ids] for start in range(4)]
    assert at_once(work) == []
    assert not Outcome.objects.filter(status__in=["pending", "unknown"]).exists()
    assert {reconcile(account).difference for account in accounts} == {0}


def test_positions_are_the_sum_of_fills_after_all_that(tom, account_of, btcusdt):
    account = account_of(tom)
    signals = [opened(btcusdt, [account], side) for side in (IntentSide.BUY, IntentSide.SELL) for _ in range(6)]
    at_once([lambda pk=pk: run_signal(pk, clock=lambda: NOW) for pk in signals])
    signed = sum(fill.quantity * (1 if fill.side == "buy" else -1) for fill in Fill.objects.all())
    held = Position.objects.open().filter(account=account).first()
    assert (held.direction * held.size if held else 0) == signed
