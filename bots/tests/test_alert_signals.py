"""From an alert to a signal: on every account of the bot once, or refused as a whole with its code."""

import uuid
from datetime import timedelta

import pytest

from bots.models import Bot
from bots.services.alerts import Asked, signal_from_alert
from bots.services.connections import connect_account, connect_group
from conftest import NOW
from market.models import Instrument
from trading.decisions import IntentSide
from trading.models import Outcome, Signal
from trading.services.signals import run_signal
from trading.sizes import parse_size

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def bot(tom, account, bot_of):
    """An active bot on one account, 10 % of equity at leverage 5."""
    bot = bot_of(tom, config={"position_size": "10%", "leverage": 5})
    connect_account(bot, account)
    Bot.objects.update(status="active")
    bot.refresh_from_db()
    return bot


def sent(bot, side=IntentSide.BUY, symbol="BTCUSDT", *, signal_id=None, now=NOW, **asked):
    signal_id = signal_id or uuid.uuid4()
    return signal_from_alert(bot, Asked(side, symbol, **asked), signal_id=signal_id, received_at=NOW, now=now)


def test_an_alert_becomes_a_signal_with_the_bots_own_settings(bot, tom, account):
    signal = run_signal(sent(bot).id, clock=lambda: NOW)
    assert (signal.symbol, signal.size, signal.bot_id, signal.user_id) == ("BTCUSDT", "10%", bot.id, tom.id)
    outcome = Outcome.objects.get()
    assert (outcome.account_id, outcome.status, str(outcome.quantity.normalize())) == (account.id, "filled", "0.1")


def test_what_the_alert_says_comes_before_the_bots_settings(bot):
    intent = sent(bot, size=parse_size("0.2"), leverage=10).intent
    assert (intent["size"], intent["leverage"]) == ("0.2", 10)


def test_an_account_that_comes_both_ways_gets_one_outcome(bot, account, tom, account_of, group_of):
    connect_group(bot, group_of(account, account_of(tom)))
    sent(bot)
    assert Outcome.objects.count() == 2


def test_the_same_alert_is_one_signal(bot):
    signal_id = uuid.uuid4()
    assert sent(bot, signal_id=signal_id) == sent(bot, signal_id=signal_id)
    assert (Signal.objects.count(), Outcome.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("change", "asked", "code"),
    [
        ({"status": "inactive"}, {}, "BOT_NOT_ACTIVE"),
        ({"status": "paused"}, {}, "BOT_NOT_ACTIVE"),
        ({"status": "stopped"}, {}, "BOT_NOT_ACTIVE"),
        ({}, {"symbol": "ETHUSDT"}, "SYMBOL_NOT_ALLOWED"),
        ({}, {"do_trade": False}, "DO_NOT_TRADE"),
        ({}, {"order_type": "limit"}, "ORDER_TYPE_UNSUPPORTED"),
        ({}, {"fired_at": NOW - timedelta(seconds=61)}, "STALE_ALERT"),
        ({"config": {"max_lag": 5}}, {"fired_at": NOW - timedelta(seconds=6)}, "STALE_ALERT"),
        ({}, {"fired_at": NOW - timedelta(seconds=6), "max_lag_seconds": 5}, "STALE_ALERT"),
        ({}, {"fired_at": NOW - timedelta(seconds=61), "max_lag_seconds": 300}, "STALE_ALERT"),  # the bot is stricter
        ({}, {"now": NOW + timedelta(seconds=61)}, "STALE_ALERT"),  # it waited too long for a worker
        ({}, {"fired_at": NOW + timedelta(seconds=31)}, "FIRED_IN_FUTURE"),
        ({"config": {}}, {}, "NO_SIZE"),
    ],
    ids=str,
)
def test_a_signal_that_makes_no_sense_for_the_bot_is_refused_as_a_whole(bot, change, asked, code):
    Bot.objects.update(**change)
    bot.refresh_from_db()
    signal = sent(bot, **asked)
    assert (signal.status, signal.code, bool(signal.reason)) == ("rejected", code, True)
    assert not Outcome.objects.exists()


def test_an_unknown_symbol_is_refused_as_a_whole(bot):
    assert sent(bot, symbol="NOSUCHCOIN").status == "rejected"


def test_a_bot_on_no_account_is_refused_as_a_whole(tom, bot_of):
    bot = bot_of(tom, config={"position_size": "1"})
    Bot.objects.update(status="active")
    bot.refresh_from_db()
    assert sent(bot).code == "NO_ACCOUNTS"


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC-USD", "BINANCE:BTCUSDT.P"])
def test_any_market_of_the_bots_coin_may_be_named(bot, symbol):
    assert sent(bot, symbol=symbol).status == "processing"


def test_a_close_needs_no_size(bot):
    Bot.objects.update(config={})
    bot.refresh_from_db()
    assert sent(bot, IntentSide.CLOSE).status == "processing"


@pytest.mark.parametrize("seconds", [0, 60])
def test_an_alert_that_is_young_enough_is_traded(bot, seconds):
    assert sent(bot, fired_at=NOW - timedelta(seconds=seconds)).status == "processing"


def test_a_suspended_instrument_is_not_opened_and_can_be_closed(bot):
    run_signal(sent(bot).id, clock=lambda: NOW)
    Instrument.objects.update(status="suspended")
    signals = [run_signal(sent(bot, side).id, clock=lambda: NOW) for side in (IntentSide.CLOSE, IntentSide.BUY)]
    codes = [Outcome.objects.get(signal=signal).code for signal in signals]
    assert codes == ["", "INSTRUMENT_SUSPENDED"]
