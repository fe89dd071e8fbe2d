"""The admin pages of bots: everything through the services, keys shown once and nowhere else."""

import html
import re
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import TradingAccount, User
from bots.admin.bots import SETTINGS
from bots.config import BotConfig
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, valid_keys, webhook_key
from bots.services.connections import connect_account
from bots.services.terminate import BotTermination
from core.tests.asking import say_yes
from groups.services.membership import create_group
from market.models import Instrument
from strategies.models import Strategy
from trading.models import AccountScope, OrderSide, Position, ScopeType, Switch, SwitchState
from trading.services.flatten import Closing
from trading.services.orders import OrderRequest, place_order

AccountOf = Callable[..., TradingAccount]
LIST = "admin:bots_bot_changelist"
ADD = "admin:bots_bot_add"
CHANGE = "admin:bots_bot_change"


@pytest.fixture
def account(tom: User, account_of: AccountOf) -> TradingAccount:
    return account_of(tom, name="Tom's")


@pytest.fixture
def bot(tom: User, btcusdt: Instrument) -> Bot:
    return create_bot(owner=tom, name="Badger", symbol="BTCUSDT", config={"leverage": 3})


def _form(**changes: Any) -> dict[str, Any]:
    return {"name": "Badger", "timeframe": "1h", "config": '{"leverage": 3}', **changes}


def _new(owner: User, **changes: Any) -> dict[str, Any]:
    return {**_form(owner=owner.pk, symbol="BTC-USDT", base_name="", exchange="paper"), **changes}


def _said(answer: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def _act(operator: Client, action: str, *bots: Bot) -> HttpResponse:
    return say_yes(operator, reverse(LIST), _chosen(action, *bots))


def _chosen(action: str, *bots: Bot) -> dict[str, Any]:
    return {"action": action, "_selected_action": [bot.pk for bot in bots]}


def _covered(bot: Bot) -> set[str]:
    scopes = AccountScope.objects.filter(scope_type=ScopeType.BOT, scope_id=bot.pk)
    return set(scopes.values_list("account__name", flat=True))


def test_a_new_bot_is_made_and_connected(
    operator: Client, tom: User, account: TradingAccount, btcusdt: Instrument
) -> None:
    operator.post(reverse(ADD), _new(tom, accounts=[account.pk], config='{"position_size": 0.25}'))
    bot = Bot.objects.get()
    assert (bot.owner, bot.symbol, bot.base_name, bot.status) == (tom, "BTCUSDT", "BTC", BotStatus.INACTIVE)
    assert (bot.settings.position_size, bot.config) == ("0.25", {"position_size": 0.25})
    assert _covered(bot) == {"Tom's"}


def test_the_key_of_a_new_bot_is_shown_once(operator: Client, tom: User, btcusdt: Instrument) -> None:
    page = operator.post(reverse(ADD), _new(tom), follow=True).content.decode()
    key = webhook_key(Bot.objects.get())
    assert f"/api/v1/webhook/tradingview/{key}" in page
    assert key not in operator.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", "NOSUCHCOIN"),
        ("symbol", ""),
        ("base_name", "ETH"),
        ("exchange", "bybit"),
        ("timeframe", "7m"),
        ("name", ""),
        ("config", "{"),
        ("config", "[]"),
        ("config", '"text"'),
        ("config", "7"),
        ("config", '{"leverage": 0}'),
        ("config", '{"position_size": "lots"}'),
        ("config", '{"note": NaN}'),
        ("config", '{"note": 0.1234567890123456789}'),
        ("config", '{"note": "\\u0000"}'),
        ("config", '{"a":' * 5000),
    ],
)
def test_a_wrong_bot_is_refused_in_the_form(
    operator: Client, tom: User, btcusdt: Instrument, field: str, value: str
) -> None:
    answer = operator.post(reverse(ADD), _new(tom, **{field: value}))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors or value == ""
    assert not Bot.objects.exists()


def test_wrong_settings_are_shown_as_they_were_typed(operator: Client, bot: Bot) -> None:
    answer = operator.post(reverse(CHANGE, args=[bot.pk]), _form(config='{"leverage": 0, <'))
    assert "{&quot;leverage&quot;: 0, &lt;" in answer.content.decode()


def test_a_bot_can_be_edited(operator: Client, bot: Bot) -> None:
    operator.post(reverse(CHANGE, args=[bot.pk]), _form(name="Otter", timeframe="4h", config='{"leverage": 7}'))
    bot.refresh_from_db()
    assert (bot.name, bot.timeframe, bot.settings.leverage, bot.owner.username) == ("Otter", "4h", 7, "tom")


def test_connections_come_and_go(operator: Client, ada: User, bot: Bot, account: TradingAccount) -> None:
    connect_account(bot, account)
    group = create_group(name="Group", created_by=ada, accounts=[account])
    assert operator.post(reverse(CHANGE, args=[bot.pk]), _form(groups=[group.pk])).status_code == 302
    assert [(each.account, each.group) for each in bot.connections.all()] == [(None, group)]
    assert _covered(bot) == {"Tom's"}


def test_a_taken_coin_stands_in_the_form(operator: Client, tom: User, bot: Bot, account: TradingAccount) -> None:
    connect_account(create_bot(owner=tom, name="Rival", symbol="BTCUSDT"), account)
    answer = operator.post(reverse(CHANGE, args=[bot.pk]), _form(name="Otter", accounts=[account.pk]))
    assert "Rival" in str(answer.context["adminform"].form.non_field_errors())
    assert Bot.objects.filter(name="Otter").count() == bot.connections.count() == 0


def test_a_taken_coin_leaves_no_new_bot(operator: Client, tom: User, bot: Bot, account: TradingAccount) -> None:
    connect_account(bot, account)
    answer = operator.post(reverse(ADD), _new(tom, name="Late", accounts=[account.pk]))
    assert answer.status_code == 200
    assert _said(answer) == []
    assert Bot.objects.get() == bot


def test_bots_are_started_paused_and_stopped(operator: Client, bot: Bot) -> None:
    def status_after(action: str) -> str:
        _act(operator, action, bot)
        return Bot.objects.get().status

    assert [status_after(each) for each in ("start", "pause", "start", "stop")] == [
        "active",
        "paused",
        "active",
        "stopped",
    ]


def test_one_bots_refusal_does_not_stop_the_others(operator: Client, tom: User, bot: Bot) -> None:
    running = create_bot(owner=tom, name="Runner", symbol="BTCUSDT")
    change_status(running.pk, BotStatus.ACTIVE)
    answer = _act(operator, "start", running, bot)
    assert Bot.objects.filter(status=BotStatus.ACTIVE).count() == 2
    assert set(_said(answer)) == {"Runner: A bot that is active cannot become active.", "Started: Badger."}


def test_a_rotated_key_is_shown_once(operator: Client, bot: Bot) -> None:
    old = webhook_key(bot)
    page = _act(operator, "rotate_webhook_key", bot).content.decode()
    bot.refresh_from_db()
    key = webhook_key(bot)
    assert f"/api/v1/webhook/tradingview/{key}" in page
    assert key not in operator.get(reverse(LIST)).content.decode()
    assert valid_keys(bot, now=timezone.now()) == [key, old]


def test_a_rotated_key_is_kept_nowhere_else(operator: Client, bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    _act(operator, "rotate_webhook_key", bot)
    bot.refresh_from_db()
    key = webhook_key(bot)
    assert key not in str([dict(operator.session), operator.cookies])
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Rotated the webhook key."]
    assert key not in caplog.text


def test_keys_are_rotated_one_bot_at_a_time(operator: Client, tom: User, bot: Bot) -> None:
    other = create_bot(owner=tom, name="Other", symbol="BTCUSDT")
    answer = _act(operator, "rotate_webhook_key", bot, other)
    assert "Select one bot" in answer.content.decode()
    assert set(Bot.objects.values_list("key_hash", flat=True)) == {bot.key_hash, other.key_hash}


def test_no_page_shows_a_key(operator: Client, bot: Bot) -> None:
    addresses = (reverse(LIST), reverse(CHANGE, args=[bot.pk]), reverse("admin:bots_bot_history", args=[bot.pk]))
    pages = "".join(operator.get(address).content.decode() for address in addresses)
    assert not any(secret in pages for secret in (webhook_key(bot), bot.sealed_key, bot.key_hash))


@pytest.mark.parametrize("number", range(4), ids=["signals", "orders", "limit", "switch"])
def test_the_page_of_a_bot_leads_on(operator: Client, bot: Bot, number: int) -> None:
    page = operator.get(reverse(CHANGE, args=[bot.pk])).content.decode()
    links = re.findall(rf'href="(/admin/trading/[a-z]+/(?:add/)?\?[^"]*{bot.pk})"', page)
    assert operator.get(html.unescape(links[number])).status_code == 200


@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_deleted_bot_stays_as_it_is(operator: Client, bot: Bot, page: str) -> None:
    Bot.objects.update(deleted_at=timezone.now())
    answer = operator.post(reverse(f"admin:bots_bot_{page}", args=[bot.pk]), _form(name="Otter", post="yes"))
    assert answer.status_code == 403
    assert Bot.objects.get().name == "Badger"


def test_a_bot_is_not_deleted(operator: Client, bot: Bot) -> None:
    assert operator.post(reverse("admin:bots_bot_delete", args=[bot.pk]), {"post": "yes"}).status_code == 403
    assert Bot.objects.exists()


def test_a_deleted_bot_does_not_start(operator: Client, bot: Bot) -> None:
    Bot.objects.update(deleted_at=timezone.now())
    _act(operator, "start", bot)
    assert Bot.objects.get().status == BotStatus.INACTIVE


@pytest.mark.parametrize("action", ["start", "terminate", "halt", "rotate_webhook_key"])
def test_nothing_happens_before_the_yes(operator: Client, bot: Bot, account: TradingAccount, action: str) -> None:
    connect_account(bot, account)
    page = operator.post(reverse(LIST), _chosen(action, bot)).content.decode()
    assert "Badger" in page
    assert Bot.objects.values("status", "key_hash").get() == {"status": "inactive", "key_hash": bot.key_hash}
    assert not Switch.objects.exists()


def test_a_start_is_announced_with_what_it_trades(operator: Client, bot: Bot, account: TradingAccount) -> None:
    connect_account(bot, account)
    page = operator.post(reverse(LIST), _chosen("start", bot)).content.decode()
    assert [words for words in ("Start 1 bot.", "it trades BTC on 1 account.") if words not in page] == []


def test_what_cannot_be_has_no_button(operator: Client, bot: Bot) -> None:
    page = operator.post(reverse(LIST), _chosen("pause", bot)).content.decode()
    asked = page[page.index("No bot here can be paused.") : page.index("</form>", page.index("No bot here"))]
    assert ("Badger: stays inactive." in asked, 'type="submit"' in asked) == (True, False)


def test_the_page_asks_about_exactly_what_was_chosen(operator: Client, tom: User, bot: Bot) -> None:
    create_bot(owner=tom, name="Other", symbol="BTCUSDT")
    answer = operator.post(reverse(LIST), _chosen("start", bot))
    kept = [value for name, value in answer.context_data["kept"] if name == "_selected_action"]
    assert kept == [str(bot.pk)]


@pytest.fixture
def held(bot: Bot, account: TradingAccount, still_market: Any) -> None:
    """The bot's account is long."""
    connect_account(bot, account)
    asked = OrderRequest(
        side=OrderSide.BUY, instrument=Instrument.objects.get(symbol="BTCUSDT"), quantity=Decimal("0.1"), leverage=10
    )
    place_order(account, request=asked, clock=timezone.now)


def test_a_bot_is_terminated(operator: Client, bot: Bot, held: None) -> None:
    said = _said(_act(operator, "terminate", bot))
    assert said == ["Badger: nothing of BTC is left on 1 account."]
    assert Position.objects.get().is_open is False


def test_a_termination_that_left_something_everywhere_says_no_more_than_that(
    operator: Client, bot: Bot, account: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Closing(account.pk, "BTCUSDT", code="NO_PRICE", reason="There is no price.")
    monkeypatch.setattr("bots.admin.bots.terminate_bot", lambda *_, **__: BotTermination(0, [left]))
    assert _said(_act(operator, "terminate", bot)) == ["Badger: BTCUSDT is left; There is no price."]


def test_a_halted_bot_is_resumed(operator: Client, bot: Bot) -> None:
    _act(operator, "halt", bot)
    halted = Switch.objects.get().state
    _act(operator, "resume", bot)
    assert (halted, Switch.objects.get().state) == (SwitchState.HALTED, SwitchState.ACTIVE)


def test_a_bot_is_given_a_strategy_and_loses_it(operator: Client, tom: User, bot: Bot) -> None:
    strategy = Strategy.objects.create(owner=tom, name="Cross", slug="cross", rule="sma_cross")
    operator.post(reverse(CHANGE, args=[bot.pk]), _form(strategy=strategy.pk))
    bot.refresh_from_db()
    assert bot.strategy == strategy
    operator.post(reverse(CHANGE, args=[bot.pk]), _form(strategy=""))
    bot.refresh_from_db()
    assert bot.strategy is None


def test_a_bot_is_not_given_a_strategy_that_its_owner_may_not_read(operator: Client, ada: User, bot: Bot) -> None:
    strategy = Strategy.objects.create(owner=ada, name="Cross", slug="cross", rule="sma_cross")
    answer = operator.post(reverse(CHANGE, args=[bot.pk]), _form(strategy=strategy.pk))
    bot.refresh_from_db()
    assert (answer.status_code, bot.strategy) == (200, None)
    assert "There is no such strategy." in answer.content.decode()


def test_a_bot_is_made_with_a_strategy(operator: Client, tom: User, btcusdt: Instrument) -> None:
    strategy = Strategy.objects.create(owner=tom, name="Cross", slug="cross", rule="sma_cross")
    operator.post(reverse(ADD), _new(tom, strategy=strategy.pk))
    assert Bot.objects.get().strategy == strategy


def test_the_form_tells_every_setting_of_a_bot():
    names = {each.name for each in fields(BotConfig)} - {"rules"} | {"on_opposite", "pyramiding", "allow_shorts"}
    assert [name for name in names if name not in SETTINGS] == []
