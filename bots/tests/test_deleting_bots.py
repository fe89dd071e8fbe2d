"""DELETE /bots/{id}: not while it holds positions or something is under way in its name."""

import uuid
from decimal import Decimal

import pytest

from bots.models import Bot, BotConnection
from bots.selectors.bots import BotMissing
from bots.services.alerts import Asked, signal_from_alert
from bots.services.bots import change_status
from bots.services.connections import connect_account, connect_group
from conftest import NOW
from core.models import Event
from market.models import Instrument
from trading.decisions import IntentSide
from trading.models import (
    AccountScope,
    LimitType,
    Order,
    OrderSide,
    OrderType,
    Position,
    RiskAlert,
    RiskLimit,
    WatchType,
)
from trading.services.orders import OrderRequest, place_order
from trading.services.risk.watches import Seen, raise_watch
from trading.services.signals import run_signal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

ADDRESS = "/api/v1/bots"


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def bot(tom, account, bot_of):
    """An active bot on one account."""
    bot = bot_of(tom, config={"position_size": "0.01"})
    connect_account(bot, account)
    return change_status(bot.id, "active")


@pytest.fixture
def delete(tom, bot, client_of):
    return lambda user=tom: client_of(user).delete(f"{ADDRESS}/{bot.id}")


@pytest.fixture
def alert(bot):
    """Store the signal of an alert: `alert("buy")`."""

    def send(side):
        asked = Asked(IntentSide(side), "BTCUSDT")
        return signal_from_alert(bot, asked, signal_id=uuid.uuid4(), received_at=NOW, now=NOW)

    return send


def run(signal):
    return run_signal(signal.id, clock=lambda: NOW)


def place(account, **asked):
    asked = {"instrument": Instrument.objects.get(symbol="BTCUSDT"), "quantity": Decimal("0.01"), **asked}
    return place_order(account, request=OrderRequest(side=OrderSide.BUY, **asked), clock=lambda: NOW)


def is_there():
    return Bot.objects.living().exists()


def refused(answer):
    return (answer.status_code, answer.json()["code"], answer.json()["detail"], is_there())


def test_a_bot_is_deleted_and_nowhere_from_then_on(delete, bot, tom, client_of):
    answer = delete()
    assert (answer.status_code, answer.content) == (204, b"")
    bot.refresh_from_db()
    assert (bot.status, bot.deleted_at is not None) == ("stopped", True)
    assert client_of(tom).get(ADDRESS).json()["total"] == 0
    assert (client_of(tom).get(f"{ADDRESS}/{bot.id}").status_code, delete().status_code) == (404, 404)


def test_it_leaves_its_accounts_and_groups(delete, bot, tom, account, account_of, group_of, bot_of):
    connect_group(bot, group_of(account_of(tom)))
    delete()
    assert (BotConnection.objects.count(), AccountScope.objects.filter(scope_type="bot").count()) == (0, 0)
    connect_account(bot_of(tom, name="Next"), account)


def test_its_limits_go_and_its_alerts_end(delete, bot, ada):
    scope = {"scope_type": "bot", "scope_id": bot.id}
    RiskLimit.objects.create(limit_type=LimitType.LEVERAGE, limit_value=Decimal(5), created_by=ada, **scope)
    raise_watch(WatchType.POSITION_MISMATCH, bot.id, symbol="BTCUSDT", seen=Seen("Lost.", *[Decimal(1)] * 2), now=NOW)
    delete()
    assert (RiskLimit.objects.exists(), RiskAlert.objects.standing().exists()) == (False, False)


def test_its_stream_is_told(delete, bot):
    delete()
    facts = [event.message["data"]["facts"][0]["type"] for event in Event.objects.order_by("id")]
    assert facts[-1] == "BotDeleted"


def test_a_bot_that_holds_a_position_stays(delete, alert):
    run(alert("buy"))
    sentence = "The bot has 1 open position(s), 0 order(s) and 0 signal(s) that are not over."
    assert refused(delete()) == (409, "BOT_IN_USE", sentence, True)
    run(alert("close"))
    assert delete().status_code == 204


def test_what_was_traded_by_hand_on_its_account_does_not_hold_it(delete, account):
    place(account)
    assert (delete().status_code, Position.objects.open().count()) == (204, 1)


def test_a_bot_with_an_order_at_work_stays(delete, account, bot):
    place(account, order_type=OrderType.LIMIT, price=Decimal(40000), bot_id=bot.id)
    sentence = "The bot has 0 open position(s), 1 order(s) and 0 signal(s) that are not over."
    assert refused(delete()) == (409, "BOT_IN_USE", sentence, True)


@pytest.mark.parametrize("status", ["submitting", "unknown"])
def test_a_bot_with_an_order_that_may_yet_be_filled_stays(delete, account, bot, status):
    place(account, order_type=OrderType.LIMIT, price=Decimal(40000), bot_id=bot.id)
    Order.objects.update(status=status)
    assert (delete().status_code, is_there()) == (409, True)


def test_a_bot_that_is_handling_a_signal_stays(delete, alert):
    alert("buy")
    sentence = "The bot has 0 open position(s), 0 order(s) and 1 signal(s) that are not over."
    assert refused(delete()) == (409, "BOT_IN_USE", sentence, True)


def test_an_alert_that_comes_too_late_is_refused(delete, alert):
    delete()
    assert (alert("buy").code, Order.objects.count()) == ("BOT_NOT_ACTIVE", 0)


def test_it_is_not_started_again(delete, bot):
    delete()
    with pytest.raises(BotMissing):
        change_status(bot.id, "active")


def test_a_position_left_on_an_account_that_it_left_holds_it_too(delete, bot, account, alert):
    run(alert("buy"))
    BotConnection.objects.all().delete()
    assert delete().status_code == 409


@pytest.mark.parametrize(("who", "status"), [("mallory", 404), ("vic", 403), ("ada", 204)])
def test_who_may_delete_a_bot(delete, request, who, status):
    assert (delete(request.getfixturevalue(who)).status_code, is_there()) == (status, status != 204)
