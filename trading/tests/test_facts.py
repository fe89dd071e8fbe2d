"""What streams are told of trading, in the transaction that trades."""

import uuid
from decimal import Decimal

import pytest

from accounts.services.ledger import deposit, withdraw
from conftest import NOW
from core.models import Event
from trading.decisions import IntentSide
from trading.models import Fill, Order, Position, Signal, SignalSource
from trading.services import facts
from trading.services.signals import refuse_signal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BOT = uuid.UUID("00000000-0000-4000-8000-00000000000b")
BUY = {"side": IntentSide.BUY, "size": "0.1", "leverage": 5}


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def of_a_bot(btcusdt, opened, run_again):
    """Run a signal of a bot: `of_a_bot(accounts, side=…)`."""

    def run(accounts, **asked):
        signal = opened(btcusdt, accounts, **asked)
        Signal.objects.filter(pk=signal.pk).update(bot_id=BOT)
        Event.objects.all().delete()
        return run_again(signal)

    return run


def told(stream):
    """The facts of a stream's messages, one list a message."""
    bodies = Event.objects.filter(stream=stream).order_by("id").values_list("message", flat=True)
    return [body["data"]["facts"] if stream.startswith("bot") else body["facts"] for body in bodies]


def kinds(stream):
    return [[fact["type"] for fact in message] for message in told(stream)]


def test_an_account_is_told_of_a_trade_in_one_message(account, of_a_bot):
    # 0.1 at the ask: a commission of max(notional × 0.0002, 0.01)
    of_a_bot([account], **BUY)
    [[order, fill, position, balance]] = told(f"account:{account.id}")
    assert (order["type"], order["order_id"], order["status"]) == (
        "OrderChanged",
        str(Order.objects.get().id),
        "filled",
    )
    assert (fill["type"], fill["fill_id"], fill["quantity"]) == ("FillRecorded", str(Fill.objects.get().id), "0.1")
    assert (position["type"], position["size"], position["is_open"]) == ("PositionChanged", "0.1", True)
    account.refresh_from_db()
    assert (balance["type"], Decimal(balance["balance"])) == ("BalanceChanged", account.balance)


def test_a_position_that_was_closed_is_told_as_closed(account, of_a_bot):
    of_a_bot([account], **BUY)
    of_a_bot([account], side=IntentSide.CLOSE)
    [[_, _, position, _]] = told(f"account:{account.id}")
    assert (position["is_open"], position["position_id"]) == (False, str(Position.objects.get().id))


def test_a_bot_is_told_every_accounts_outcome_and_then_the_signals(tom, accounts_of, of_a_bot):
    accounts = accounts_of(tom, 3)
    signal = of_a_bot(accounts, **BUY)
    [[settled], [handled]] = told(f"bot:{BOT}")
    assert {result["account_id"] for result in settled["results"]} == {str(account.id) for account in accounts}
    assert {result["status"] for result in settled["results"]} == {"filled"}
    assert (handled["type"], handled["correlation_id"], handled["success_count"]) == (
        "SignalHandled",
        str(signal.pk),
        3,
    )


def test_an_outcome_without_an_order_is_told_to_the_bot_alone(account, of_a_bot):
    of_a_bot([account], side=IntentSide.CLOSE)
    assert kinds(f"account:{account.id}") == []
    assert [result["code"] for [fact, *_] in told(f"bot:{BOT}")[:1] for result in fact["results"]] == ["ALREADY_FLAT"]


def test_a_reversal_tells_each_leg(account, of_a_bot):
    of_a_bot([account], **BUY)
    of_a_bot([account], **{**BUY, "side": IntentSide.SELL})
    assert kinds(f"account:{account.id}") == [["OrderChanged", "FillRecorded", "PositionChanged", "BalanceChanged"]] * 2
    assert kinds(f"bot:{BOT}") == [["OutcomesSettled"], ["OutcomesSettled"], ["SignalHandled"]]


def test_a_persons_order_is_told_to_the_account(account, order_of):
    Event.objects.all().delete()
    order_of(account, "buy", "0.1")
    assert kinds(f"account:{account.id}") == [["OrderChanged", "FillRecorded", "PositionChanged", "BalanceChanged"]]


def test_a_signal_without_a_bot_has_no_stream_of_its_own(account, btcusdt, send):
    send(btcusdt, [account], **BUY)
    assert not Event.objects.filter(stream__startswith="bot").exists()


def test_orders_for_a_venue_are_told_when_stored_and_when_booked(venue, on_venue, of_a_bot):
    [account] = on_venue(1)
    of_a_bot([account], **BUY)
    [[stored], [booked, *_]] = told(f"account:{account.id}")
    assert (stored["status"], booked["status"]) == ("submitting", "filled")


@pytest.mark.django_db
def test_a_refused_signal_is_told():
    refuse_signal(
        signal_id=uuid.uuid4(),
        source=SignalSource.ALERT,
        code="STALE_ALERT",
        reason="Old.",
        received_at=NOW,
        now=NOW,
        bot_id=BOT,
    )
    [[fact]] = told(f"bot:{BOT}")
    assert (fact["type"], fact["code"], fact["reason"]) == ("SignalRefused", "STALE_ALERT", "Old.")


def test_what_is_rolled_back_was_not_told(tom, accounts_of, of_a_bot, monkeypatch):
    monkeypatch.setattr(facts, "_account_messages", lambda *_: 1 / 0)
    of_a_bot(accounts_of(tom, 2), **BUY)
    assert (Order.objects.count(), kinds(f"bot:{BOT}")) == (0, [["OutcomesSettled"]] * 2 + [["SignalHandled"]])
    assert {result["code"] for [fact] in told(f"bot:{BOT}")[:2] for result in fact["results"]} == {"INTERNAL"}


def test_money_that_comes_and_goes_is_told(account):
    Event.objects.all().delete()
    deposit(account.id, amount=Decimal(5), reference="in", now=NOW)
    withdraw(account.id, amount=Decimal(2), reference="out", now=NOW)
    assert [fact["balance"] for [fact] in told(f"account:{account.id}")] == ["10005", "10003"]
