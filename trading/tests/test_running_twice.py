"""A worker that comes late, or again, decides nothing anew: what an account was told stands."""

import pytest

from accounts.models import TradingAccount
from conftest import NOW
from trading.brokers import broker_for
from trading.decisions import IntentSide, Rules
from trading.intents import Intent
from trading.models import Order, Outcome, Signal
from trading.services.passes import Pass, run_pass
from trading.services.signals import run_signal
from trading.services.wanted import client_order_id

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}
ADDS = {**BUY, "rules": Rules(pyramiding=True)}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


def come_late(signal, account, *, leg=1):
    """Run a pass as a worker does that read what is pending before another one finished it."""
    intent = Intent.from_json(signal.intent)
    run_pass(Pass(signal, signal.instrument, intent, leg, broker_for("paper"), lambda: NOW), [account.id])


def story():
    return (
        list(Outcome.objects.values("status", "code", "reason", "leg", "trace", "quantity")),
        list(Order.objects.values()),
    )


@pytest.mark.parametrize("intent", [BUY, ADDS], ids=["adds nothing", "adds"])
def test_what_was_filled_stays_filled_once(account, btcusdt, send, intent):
    signal = send(btcusdt, [account], **intent)
    before = story()
    come_late(signal, account)
    assert story() == before
    assert before[0][0]["status"] == "filled"


def test_what_was_refused_stays_refused(account, btcusdt, send):
    TradingAccount.objects.update(is_active=False)
    signal = send(btcusdt, [account], **BUY)
    TradingAccount.objects.update(is_active=True)
    before = story()
    come_late(signal, account)
    assert (story(), before[1]) == (before, [])


def test_what_was_skipped_stays_skipped(account, btcusdt, send, order_of):
    signal = send(btcusdt, [account], side=IntentSide.CLOSE)
    order_of(account, "buy", "0.1")
    before = story()
    come_late(signal, account)
    assert story() == before


@pytest.mark.parametrize("leg", [1, 2])
def test_a_reversal_is_not_reversed_again(account, btcusdt, send, leg):
    send(btcusdt, [account], **BUY)
    signal = send(btcusdt, [account], **{**BUY, "side": IntentSide.SELL})
    before = story()
    come_late(signal, account, leg=leg)
    assert story() == before


def test_a_reversal_that_stopped_between_its_legs_goes_on_with_the_second(account, btcusdt, send, opened, run_again):
    send(btcusdt, [account], **BUY)
    signal = opened(btcusdt, [account], **{**BUY, "side": IntentSide.SELL})
    come_late(signal, account, leg=1)
    assert (Outcome.objects.get(signal=signal).leg, Outcome.objects.get(signal=signal).status) == (2, "pending")
    run_again(signal)
    assert list(Order.objects.filter(signal=signal).order_by("leg").values_list("leg", "reduce_only")) == [
        (1, True),
        (2, False),
    ]


def test_a_finished_signal_is_not_run_at_all(account, btcusdt, send, django_assert_num_queries):
    signal = send(btcusdt, [account], **BUY)
    finished_at = Signal.objects.get(pk=signal.pk).finished_at
    with django_assert_num_queries(1):
        run_signal(signal.id, clock=lambda: NOW)
    assert Signal.objects.get(pk=signal.pk).finished_at == finished_at


def test_an_order_of_a_signal_has_the_same_id_at_every_try(account, btcusdt, send):
    signal = send(btcusdt, [account], **BUY)
    made = client_order_id(signal.id, account.id, 1)
    assert Order.objects.get().client_order_id == made
    assert (len(made), set(made) <= set("0123456789abcdef")) == (32, True)
    assert made != client_order_id(signal.id, account.id, 2)
