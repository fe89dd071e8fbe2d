"""Signals down the road: what each account gets, in rows, money and words."""

import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from accounts.models import TradingAccount, Transfer
from accounts.selectors.ledger import reconcile
from market.models import Instrument
from trading.decisions import IntentSide, OnOpposite, Rules
from trading.intents import Intent
from trading.models import Fill, Order, OrderStatus, Outcome, OutcomeStatus, Position, Signal, SignalSource
from trading.services.signals import open_signal, run_signal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

NOW = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
Send = Callable[..., Signal]


def send(instrument: Instrument, accounts: list[TradingAccount], **intent: object) -> Signal:
    signal = open_signal(
        signal_id=uuid.uuid4(),
        source=SignalSource.ALERT,
        intent=Intent(**intent),  # type: ignore[arg-type]
        instrument=instrument,
        account_ids=[account.id for account in accounts],
        received_at=NOW,
    )
    return run_signal(signal.id, clock=lambda: NOW)


def outcome(signal: Signal, account: TradingAccount) -> Outcome:
    return Outcome.objects.get(signal=signal, account=account)


def test_buy_for_ten_percent_of_equity_at_leverage_five(tom, account_of, btcusdt):
    # 10,000 × 10 % × 5 ÷ 50,000 = 0.1 BTC; commission 5,000 × 0.0002 = 1
    account = account_of(tom)
    signal = send(btcusdt, [account], side=IntentSide.BUY, size="10%", leverage=5)
    account.refresh_from_db()
    position = Position.objects.get(account=account)
    assert (signal.success_count, signal.error_count) == (1, 0)
    assert (position.size, position.entry_cost, position.side) == (Decimal("0.1"), Decimal(5000), "long")
    assert account.balance == Decimal(9999)
    assert outcome(signal, account).reason == "Bought 0.1 BTC at 50000."


def test_every_row_of_a_filled_signal_is_there(tom, account_of, btcusdt):
    account = account_of(tom)
    signal = send(btcusdt, [account], side=IntentSide.BUY, size="0.1", leverage=5)
    order = Order.objects.get(signal=signal)
    fill = Fill.objects.get(order=order)
    assert (order.status, order.filled_quantity, order.average_price) == (OrderStatus.FILLED, Decimal("0.1"), 50000)
    assert (fill.quantity, fill.price, fill.commission) == (Decimal("0.1"), Decimal(50000), Decimal(1))
    assert Transfer.objects.get(account=account, kind="commission").reference == f"fill:{fill.venue_fill_id}"
    assert reconcile(account).difference == 0


def test_close_books_profit_and_keeps_the_position_as_history(tom, account_of, btcusdt, still_market):
    # (51,000 − 50,000) × 0.1 = 100; commissions 5,000 × 0.0002 + 5,100 × 0.0002 = 2.02
    account = account_of(tom)
    send(btcusdt, [account], side=IntentSide.BUY, size="0.1", leverage=5)
    still_market.set("BTCUSDT", "51000")
    send(btcusdt, [account], side=IntentSide.CLOSE)
    account.refresh_from_db()
    position = Position.objects.get(account=account)
    assert (position.is_open, position.size, position.closed_size) == (False, 0, Decimal("0.1"))
    assert (position.entry_price, position.exit_price, position.realized_pnl) == (50000, 51000, 100)
    assert (account.balance, position.fee) == (Decimal("10097.98"), Decimal("2.02"))
    assert reconcile(account).difference == 0


def test_sell_against_a_long_reverses_in_two_legs(tom, account_of, btcusdt):
    account = account_of(tom)
    send(btcusdt, [account], side=IntentSide.BUY, size="0.1", leverage=5)
    signal = send(btcusdt, [account], side=IntentSide.SELL, size="0.2", leverage=5)
    orders = list(Order.objects.filter(signal=signal).order_by("leg").values_list("side", "quantity", "reduce_only"))
    assert orders == [("sell", Decimal("0.1"), True), ("sell", Decimal("0.2"), False)]
    assert Position.objects.open().get(account=account).side == "short"
    assert outcome(signal, account).reason == "The opposite position was closed. Sold 0.2 BTC at 50000."


def test_reversal_whose_second_leg_is_refused_leaves_the_account_flat(tom, account_of, btcusdt):
    account = account_of(tom)
    send(btcusdt, [account], side=IntentSide.BUY, size="0.1", leverage=5)
    signal = send(btcusdt, [account], side=IntentSide.SELL, size="100", leverage=5)
    assert not Position.objects.open().filter(account=account).exists()
    assert (outcome(signal, account).status, outcome(signal, account).code) == ("rejected", "INSUFFICIENT_MARGIN")


@pytest.mark.parametrize(
    ("rules", "held_after", "code"),
    [
        (Rules(on_opposite=OnOpposite.IGNORE), "long", "OPPOSITE_IGNORED"),
        (Rules(on_opposite=OnOpposite.CLOSE), None, ""),
        (Rules(allow_shorts=False), None, ""),
        (Rules(on_opposite=OnOpposite.REVERSE), "short", ""),
    ],
)
def test_the_bot_decides_what_an_opposite_signal_does(tom, account_of, btcusdt, rules, held_after, code):
    account = account_of(tom)
    send(btcusdt, [account], side=IntentSide.BUY, size="0.1", leverage=5)
    signal = send(btcusdt, [account], side=IntentSide.SELL, size="0.1", leverage=5, rules=rules)
    held = Position.objects.open().filter(account=account).first()
    assert (held.side if held else None) == held_after
    assert outcome(signal, account).code == code


def test_one_account_in_trouble_does_not_stop_the_others(tom, account_of, btcusdt):
    rich, poor, idle = account_of(tom), account_of(tom, balance="100"), account_of(tom, is_demo=False)
    TradingAccount.objects.filter(pk=idle.pk).update(is_active=False)
    signal = send(btcusdt, [rich, poor, idle], side=IntentSide.BUY, size="0.1", leverage=5)
    codes = {account.id: outcome(signal, account).code for account in (rich, poor, idle)}
    assert codes == {rich.id: "", poor.id: "INSUFFICIENT_MARGIN", idle.id: "ACCOUNT_INACTIVE"}
    assert (signal.success_count, signal.error_count) == (1, 2)
    assert Order.objects.filter(signal=signal).count() == 1


def test_running_a_signal_again_changes_nothing(tom, account_of, btcusdt):
    account = account_of(tom)
    signal = send(btcusdt, [account], side=IntentSide.BUY, size="0.1", leverage=5)
    Signal.objects.filter(pk=signal.pk).update(status="processing")
    run_signal(signal.id, clock=lambda: NOW)
    assert Order.objects.filter(signal=signal).count() == 1
    assert outcome(signal, account).status == OutcomeStatus.FILLED
