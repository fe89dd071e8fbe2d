"""GET /bots/{id}/alert-template: what is pasted is what is read, and only who may change the bot is shown its key."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.models import Role, Share
from bots.config import BotConfig
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, rotate_key, webhook_key
from bots.services.connections import connect_account
from conftest import NOW
from webhooks.alert_templates import LONGEST_TYPED, indicator_message, strategy_message
from webhooks.linting.placeholders import PLACEHOLDER, AlertType, Firing, filled, is_filled
from webhooks.reading.parsing import read_alert
from webhooks.senders import prove_sender
from webhooks.services.previews import preview_alert

CONFIGS = [
    {},
    {"position_size": "10%"},
    {"position_size": "0.1", "leverage": 5, "allow_shorts": False},
    {"position_size": "100 USDT", "on_opposite": "close", "pyramiding": True},
    {"position_size": "risk 1%", "max_lag": 5},
    {"allowed_symbols": ["BTCUSDT"], "on_opposite": "ignore"},
]
ZERO, HALF = Decimal(0), Decimal("0.5")
ENTRY = Firing(NOW)
STORY = {
    # what the strategy did: side, closes only, size where the bot has none of its own
    "entry": (ENTRY, ("buy", None, "0.5")),
    "exit": (replace(ENTRY, action="sell", position_size=ZERO, prev_position_size=HALF), ("close", "long", None)),
    "stopped out": (
        replace(ENTRY, action="buy", position_size=ZERO, prev_position_size=-HALF),
        ("close", "short", None),
    ),
    "reversal": (
        replace(ENTRY, action="sell", contracts=Decimal(1), position_size=-HALF, prev_position_size=HALF),
        ("sell", None, "0.5"),
    ),
    "added": (
        replace(ENTRY, contracts=Decimal("0.25"), position_size=Decimal("0.75"), prev_position_size=HALF),
        ("buy", None, "0.25"),
    ),
}


@pytest.fixture
def bot(tom, still_market, account_of):
    bot = create_bot(owner=tom, name="Badger", symbol="BTCUSDT", config={})
    connect_account(bot, account_of(tom))
    return change_status(bot.id, BotStatus.ACTIVE)


def template(client, bot, **headers):
    return client.get(f"/api/v1/bots/{bot.id}/alert-template", headers=headers)


def messages(body):
    return [body["strategy"], *body["indicator"].values()]


def units(alert):
    return alert.size and str(alert.size.value)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_what_it_says_to_paste_is_read_and_previewed(bot, tom, client_of, config):
    Bot.objects.update(config=config)
    bot.refresh_from_db()
    body = template(client_of(tom), bot).json()
    firing = Firing(timezone.now(), exchange="BYBIT", ticker="BTCUSDT.P")
    sent = [filled(each["message"], firing, alert_type=None).encode() for each in messages(body)]
    assert [str(read_alert(raw).side) for raw in sent] == ["buy", "buy", "sell", "close"]
    previews = [preview_alert(bot, raw, clock=timezone.now) for raw in sent]
    assert [(preview.symbol, preview.code) for preview in previews] == [("BTCUSDT", "")] * 4


@pytest.mark.parametrize("story", STORY)
def test_every_fill_of_a_strategy_reads_as_what_it_was(story):
    firing, expected = STORY[story]
    alert = read_alert(filled(strategy_message("k", BotConfig()).text, firing, alert_type=AlertType.STRATEGY).encode())
    assert (str(alert.side), alert.closes_only, units(alert)) == expected
    assert (alert.fired_at, alert.symbol) == (NOW, "BINANCE:BTCUSDT")


def test_a_bot_with_a_size_of_its_own_decides_it():
    sized = BotConfig(position_size="10%")
    alerts = [strategy_message("k", sized), *(indicator_message("k", sized, side=side) for side in ("buy", "close"))]
    assert [read_alert(filled(each.text, ENTRY, alert_type=None).encode()).size for each in alerts] == [None] * 3


@pytest.mark.parametrize(
    "changed",
    [{"order_id": "Long 2"}, {"contracts": Decimal(1)}, {"position_size": Decimal(1)}, {"price": Decimal(5)}],
    ids=str,
)
def test_two_fills_of_one_second_have_two_alert_ids(changed):
    text = strategy_message("k", BotConfig()).text
    ids = {
        read_alert(filled(text, firing, alert_type=AlertType.STRATEGY).encode()).alert_id
        for firing in (ENTRY, replace(ENTRY, **changed))
    }
    assert len(ids) == 2


def test_each_message_uses_only_what_its_alert_fills_in():
    strategy = PLACEHOLDER.findall(strategy_message("k", BotConfig()).text)
    indicator = PLACEHOLDER.findall(indicator_message("k", BotConfig(), side="buy").text)
    assert all(is_filled(name, AlertType.STRATEGY) for name in strategy)
    assert all(is_filled(name, AlertType.PRICE) for name in indicator)


def test_the_text_is_the_object_and_fits_into_the_field(bot, tom, client_of):
    shown = messages(template(client_of(tom), bot).json())
    assert [json.loads(each["message"]) for each in shown] == [each["object"] for each in shown]
    assert [each["length"] for each in shown] == [len(each["message"]) for each in shown]
    assert max(each["length"] for each in shown) < LONGEST_TYPED


def test_every_message_proves_its_sender_with_the_key_of_now(bot, tom, client_of):
    rotate_key(bot.id, now=NOW)
    body = template(client_of(tom), bot).json()
    sent = [prove_sender(each["message"].encode(), url_key="", signature="", now=NOW) for each in messages(body)]
    assert {sender.bot for sender in sent} == {bot}
    bot.refresh_from_db()
    assert body["webhook_url_with_key"] == f"{body['webhook_url']}/{webhook_key(bot)}"


def test_the_address_is_the_one_that_was_asked_at(bot, tom, client_of):
    with override_settings(ALLOWED_HOSTS=["desk.example.com"]):
        body = template(client_of(tom), bot, host="desk.example.com:8000").json()
    assert body["webhook_url"] == "http://desk.example.com:8000/api/v1/webhook/tradingview"
    assert [note for note in body["notes"] if "8000" in note] == ["TradingView does not call port 8000."]


def test_it_is_kept_by_nobody(bot, tom, client_of):
    assert template(client_of(tom), bot)["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("ada", 200, None), ("tom", 200, None), ("mallory", 404, "NOT_FOUND"), ("vic", 404, "NOT_FOUND")],
)
def test_only_its_owner_and_admins_are_shown_the_key(bot, request, client_of, who, status, code):
    answer = template(client_of(request.getfixturevalue(who)), bot)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert (webhook_key(bot) in answer.text) == (status == 200)


@pytest.mark.parametrize("who", ["mallory", "vic", "eve"])
def test_a_share_shows_no_key(bot, tom, request, client_of, who):
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type=Share.Scope.BOT, scope_id=bot.id)
    answer = template(client_of(user), bot)
    assert (answer.status_code, answer.json()["code"], webhook_key(bot) in answer.text) == (403, "READ_ONLY", False)


def test_an_owner_whose_role_changes_no_bots_is_shown_no_key(bot, tom, client_of):
    type(tom).objects.filter(pk=tom.pk).update(role=Role.VIEWER)
    answer = template(client_of(tom), bot)
    assert (answer.status_code, answer.json()["detail"]) == (403, "Your role does not show you the keys of bots.")
