"""A bot that is deleted or ended while its alerts trade: nothing is left in a dead bot's name, nothing closes twice."""

import uuid
from decimal import Decimal

import pytest

from accounts.selectors.ledger import reconcile
from accounts.services.trading_accounts import close_account
from bots.models import Bot, BotConnection
from bots.selectors.bots import BotMissing
from bots.services.alerts import Asked, SignalRefused, signal_from_alert
from bots.services.bots import change_bot, change_status, create_bot
from bots.services.connections import connect_account, disconnect_account
from bots.services.deletion import delete_bot
from bots.services.in_use import BotInUse
from bots.services.retry import retry_signal
from bots.services.terminate import terminate_bot
from conftest import NOW
from core.errors import Conflict, Missing
from groups.models import GroupMember
from groups.services.membership import create_group, remove_account
from strategies.selectors.strategies import StrategyMissing
from strategies.services.strategies import StrategyInUse, create_strategy, delete_strategy
from trading.decisions import IntentSide
from trading.models import AccountScope, Fill, Order, Position, Signal
from trading.services.signals import run_signal
from trading.tests.test_two_at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_market", "no_slippage")]


@pytest.fixture
def active_bot(tom, account_of, bot_of):
    """Make an active bot on accounts of its own: `active_bot(2)`."""

    def make(many):
        bot = bot_of(tom, name=str(uuid.uuid4()), config={"position_size": "0.01"})
        [connect_account(bot, account_of(tom, name=str(number))) for number in range(many)]
        return change_status(bot.id, "active")

    return make


def alert(bot, side):
    asked = Asked(IntentSide(side), "BTCUSDT")
    signal = signal_from_alert(bot, asked, signal_id=uuid.uuid4(), received_at=NOW, now=NOW)
    return run_signal(signal.id, clock=lambda: NOW)


def alert_of_nothing(bot):
    """Return the signal of a close that found every account flat, turned into a buy: all of it is left to retry."""
    signal = alert(bot, "close")
    Signal.objects.filter(pk=signal.pk).update(side="buy", intent={**signal.intent, "side": "buy"})
    return signal


def retry(signal):
    return retry_signal(signal, by=signal.user, force=False, clock=lambda: NOW)


def end(bot):
    return terminate_bot(bot, run_id=uuid.uuid4(), clock=lambda: NOW)


def test_a_bot_is_deleted_or_trades_and_never_both(active_bot):
    bots = [active_bot(2) for _ in range(8)]
    deleting = [lambda bot=bot: delete_bot(bot, now=NOW) for bot in bots]
    raised = at_once([*deleting, *(lambda bot=bot: alert(bot, "buy") for bot in bots)])
    assert {type(error) for error in raised} <= {BotInUse}
    dead = set(Bot.objects.exclude(deleted_at=None).values_list("pk", flat=True))
    traded = set(Fill.objects.values_list("order__bot_id", flat=True))
    assert (dead & traded, dead | traded) == (set(), {bot.pk for bot in bots})
    assert not Signal.objects.filter(status="processing").exists()


def test_a_bot_is_deleted_or_retries_and_never_both(active_bot):
    bots = [active_bot(2) for _ in range(8)]
    missed = [alert_of_nothing(bot) for bot in bots]
    deleting = [lambda bot=bot: delete_bot(bot, now=NOW) for bot in bots]
    raised = at_once([*deleting, *(lambda signal=signal: retry(signal) for signal in missed)])
    told = {(type(error), error.code) for error in raised}
    assert told <= {(BotInUse, "BOT_IN_USE"), (SignalRefused, "BOT_NOT_ACTIVE")}
    dead = set(Bot.objects.exclude(deleted_at=None).values_list("pk", flat=True))
    traded = set(Fill.objects.values_list("order__bot_id", flat=True))
    assert (dead & traded, dead | traded) == (set(), {bot.pk for bot in bots})


def test_ended_twice_at_once_everything_is_closed_once(active_bot):
    bot = active_bot(5)
    alert(bot, "buy")
    assert at_once([lambda: end(bot)] * 4) == []
    assert (Position.objects.open().count(), Order.objects.filter(origin="flatten").count()) == (0, 5)


def test_alerts_and_endings_at_once_neither_deadlock_nor_lose(active_bot):
    bot = active_bot(5)
    alerts = [lambda side=side: alert(bot, side) for side in ("buy", "sell", "buy", "sell")]
    assert at_once([*alerts, *[lambda: end(bot)] * 3]) == []
    assert end(bot).success
    assert not Position.objects.open().exists()
    assert {reconcile(account).difference for account in bot_accounts(bot)} == {Decimal(0)}


def test_a_strategy_is_deleted_or_decides_for_a_bot_and_never_both(tom, bot_of):
    strategies = [create_strategy(owner=tom, name=str(number), rule="macd", now=NOW) for number in range(8)]
    making = [
        lambda pk=each.pk: create_bot(owner=tom, name="b", symbol="BTCUSDT", strategy_id=pk) for each in strategies
    ]
    bots = [bot_of(tom, name=str(uuid.uuid4())) for _ in strategies]
    pairs = zip(bots, strategies, strict=True)
    giving = [lambda bot=bot, pk=each.pk: change_bot(bot.pk, {"strategy_id": pk}, now=NOW) for bot, each in pairs]
    raised = at_once([*making, *(lambda pk=each.pk: delete_strategy(pk, now=NOW) for each in strategies), *giving])
    assert {type(error) for error in raised} <= {StrategyInUse, StrategyMissing}
    assert not Bot.objects.exclude(strategy__deleted_at=None).exists()


def test_disconnected_and_deleted_at_once_neither_waits_for_the_other(active_bot):
    bots = [active_bot(2) for _ in range(8)]
    leaving = [lambda bot=bot: disconnect_account(bot, bot.connections.first().account_id) for bot in bots]
    raised = at_once([*leaving, *(lambda bot=bot: delete_bot(bot, now=NOW) for bot in bots)])
    assert {type(error) for error in raised} <= {BotMissing}
    assert (Bot.objects.living().count(), BotConnection.objects.count(), AccountScope.objects.count()) == (0, 0, 0)


def test_an_account_that_is_closed_while_it_leaves_neither_waits_for_the_other(active_bot, ada, tom, account_of):
    bot = active_bot(16)
    joined = [account_of(tom, name=f"joined {number}") for number in range(16)]
    group = create_group(name="Desk", created_by=ada, accounts=joined)
    accounts = list(bot_accounts(bot))
    leaving = [lambda one=one: disconnect_account(bot, one.pk) for one in accounts]
    leaving += [lambda one=one: remove_account(group, one.pk) for one in joined]
    closing = [lambda one=one: close_account(one.pk, now=NOW) for one in [*accounts, *joined]]
    raised = at_once([*leaving, *closing])
    assert {type(error) for error in raised} <= {Missing}
    assert (BotConnection.objects.count(), GroupMember.objects.count(), AccountScope.objects.count()) == (0, 0, 0)


def test_connected_many_times_at_once_it_is_connected_once(tom, account_of, bot_of):
    bot, account = bot_of(tom), account_of(tom)
    raised = at_once([lambda: connect_account(bot, account)] * 4)
    assert [type(error) for error in raised] == [Conflict] * 3


def test_a_bot_is_deleted_or_connected_and_a_dead_one_is_connected_to_nothing(tom, account_of, bot_of):
    bots = [bot_of(tom, name=str(number)) for number in range(8)]
    connecting = [lambda bot=bot: connect_account(bot, account_of(tom)) for bot in bots]
    raised = at_once([*connecting, *(lambda bot=bot: delete_bot(bot, now=NOW) for bot in bots)])
    assert {type(error) for error in raised} <= {BotMissing}
    assert not BotConnection.objects.filter(bot__in=bots).exists()
    assert not AccountScope.objects.filter(scope_type="bot").exists()


def bot_accounts(bot):
    return [connection.account for connection in bot.connections.select_related("account")]
