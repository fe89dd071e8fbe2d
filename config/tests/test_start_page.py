"""The console's start page: what stands on it, from how many queries, and who may see it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import TradingAccount, User
from accounts.services.trading_accounts import open_account
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_account
from config.start.activity import SHOWN_SWITCHES, Times, nearest_rank, webhook_health
from config.start.money import equity_curve, money_totals
from core.jobs.figures import note_sweep
from core.tests.asking import say_yes
from market.models import Instrument
from trading.models import EquityPoint, ScopeType, SwitchState
from trading.models.positions import Position
from trading.services.scopes import turn_switch
from webhooks.models import Delivery, Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

pytestmark = pytest.mark.django_db

START, FIGURES = "/admin/", "/admin/figures/"
BUY = b'{"side": "buy", "symbol": "BTCUSDT"}'


@pytest.fixture
def bot(tom: User, account_of: Callable[..., TradingAccount], btcusdt: Instrument, still_market: Any) -> Bot:
    """Tom's active bot on an account of 10,000; one alert bought a tenth."""
    bot = create_bot(owner=tom, name="Dip buyer", symbol="BTCUSDT", config={"position_size": "0.1"})
    connect_account(bot, account_of(tom, name="Alone"))
    change_status(bot.id, BotStatus.ACTIVE)
    take(BUY, sender=Sender(bot, Proof.URL_KEY, ()), origin=Origin("127.0.0.1", "application/json"), now=timezone.now())
    work_inbox(bot.id, clock=timezone.now)
    return bot


def point(account: TradingAccount, at: datetime, equity: str) -> None:
    EquityPoint.objects.create(account=account, at=at, balance=equity, equity=equity, net_deposits=10000)


def midnight(days_ago: int) -> datetime:
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)


def test_an_empty_desk_says_in_words_what_is_not_there(operator: Client) -> None:
    answer = operator.get(START)
    page = answer.content.decode()
    empty = ("Nothing is halted", "No limit is near", "No alert has come yet", "Every account is flat", "No signal has")
    assert [words for words in empty if words not in page] == []
    assert answer.context["curve"] is None


def test_the_money_of_all_accounts_is_that_of_their_books(bot: Bot) -> None:
    [total] = money_totals(timezone.now())
    position = Position.objects.get()
    assert (total.accounts, total.positions, total.unpriced) == (1, 1, 0)
    assert total.margin_used == position.entry_cost / position.leverage
    assert total.exposure == total.symbols["BTCUSDT"].notional > 0
    assert total.equity == position.account.balance + total.symbols["BTCUSDT"].profit


def test_the_profit_of_today_leaves_out_yesterdays_and_what_was_paid_in(
    tom: User, account_of: Callable[..., TradingAccount]
) -> None:
    account = account_of(tom)  # 10,000, all of it paid in
    point(account, midnight(0), "10250")  # so 250 of profit were there at midnight, and none is now
    assert money_totals(timezone.now())[0].pnl_today == Decimal(-250)


def test_accounts_of_two_monies_are_not_summed(tom: User, account_of: Callable[..., TradingAccount]) -> None:
    account_of(tom)
    open_account(owner=tom, name="Euro", initial_balance=Decimal(5), currency="EUR", now=timezone.now())
    assert [(total.money.currency, total.equity) for total in money_totals(timezone.now())] == [
        ("USDT", Decimal(10000)),
        ("EUR", Decimal(5)),
    ]


def test_the_curve_has_only_midnights_at_which_every_account_was_measured(
    tom: User, account_of: Callable[..., TradingAccount]
) -> None:
    first, second = account_of(tom), account_of(tom, name="Second")
    TradingAccount.objects.update(created_at=midnight(20))
    for days_ago in (3, 2):
        point(first, midnight(days_ago), "100")
    point(second, midnight(3), "23.5")
    now = timezone.now()
    curve = equity_curve(money_totals(now)[0], now)
    assert [(each.at, each.equity) for each in curve] == [(midnight(3), 123.5), (now, 20000.0)]


def test_the_curve_is_drawn_with_its_bounds_in_words(
    operator: Client, tom: User, account_of: Callable[..., TradingAccount]
) -> None:
    point(account_of(tom), midnight(1), "12345.67")
    TradingAccount.objects.update(created_at=midnight(20))
    page = operator.get(START).content.decode()
    assert "between 10,000.00 and 12,345.67" in page
    assert 'data-type="line"' in page


def test_the_webhook_is_told_by_its_deliveries(bot: Bot) -> None:
    take(BUY, sender=Sender(bot, Proof.URL_KEY, ()), origin=Origin("127.0.0.1", ""), now=timezone.now())
    take(b"<p>", sender=Sender(bot, Proof.URL_KEY, ()), origin=Origin("127.0.0.1", ""), now=timezone.now())
    handled = Delivery.objects.earliest("id")
    finished_at, answered_at = (handled.received_at + timedelta(milliseconds=ms) for ms in (42, 7))
    Delivery.objects.filter(pk=handled.pk).update(finished_at=finished_at, answered_at=answered_at)
    health = webhook_health(timezone.now())
    assert (health.deliveries, health.duplicate_share, health.reject_share) == (3, 1 / 3, 1 / 3)
    assert (health.answered, health.handled) == (Times(1, 7, 7), Times(1, 42, 42))


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100)])
def test_percentiles_are_by_nearest_rank(percent: int, value: int) -> None:
    assert nearest_rank(list(range(1, 101)), percent) == value
    assert nearest_rank([], percent) is None


def test_signals_bots_and_what_is_held_stand_on_the_page(operator: Client, bot: Bot) -> None:
    page = operator.get(START).content.decode()
    assert [words for words in ("Dip buyer", "1 active", "BTCUSDT", "buy BTCUSDT 0.1") if words not in page] == []


def test_a_halted_scope_is_resumed_from_the_page(operator: Client, bot: Bot) -> None:
    switch = turn_switch(ScopeType.BOT, bot.id, state=SwitchState.HALTED, reason="Fire.")
    page = operator.get(FIGURES).content.decode()
    assert [words for words in ("Fire.", f'value="{switch.pk}"', "Dip buyer") if words not in page] == []
    asked = {"action": "resume", "_selected_action": str(switch.pk), "index": "0"}
    assert "Bot Dip buyer is halted: Fire." in operator.post("/admin/trading/switch/", asked).content.decode()
    say_yes(operator, "/admin/trading/switch/", asked)
    assert "Nothing is halted" in operator.get(FIGURES).content.decode()


def test_halted_scopes_are_counted_and_the_last_ones_shown(operator: Client, tom: User) -> None:
    scopes = [uuid4() for _ in range(SHOWN_SWITCHES + 2)]
    [turn_switch(ScopeType.BOT, each, state=SwitchState.HALTED, reason=f"Fire {each}.") for each in scopes]
    page = operator.get(FIGURES).content.decode()
    assert ("Halted: 12 " in page, page.count('value="resume"')) == (True, 10)
    assert [f"Fire {each}." in page for each in scopes] == [False] * 2 + [True] * 10


def test_jobs_are_counted_once(operator: Client) -> None:
    with CaptureQueriesContext(connection) as captured:
        operator.get(FIGURES)
    assert len([each for each in captured if 'FROM "core_job"' in each["sql"]]) == 1


@pytest.mark.parametrize(("seconds", "said"), [(14, "Workers take jobs."), (16, "Jobs were not swept for 15 seconds")])
def test_jobs_are_done_where_the_sweep_came_through(operator: Client, settings: Any, seconds: int, said: str) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "swept"}}
    note_sweep(now=timezone.now() - timedelta(seconds=seconds))
    assert said in operator.get(FIGURES).content.decode()


@pytest.mark.parametrize("address", [START, FIGURES])
def test_the_queries_do_not_grow_with_accounts(
    operator: Client, bot: Bot, tom: User, account_of: Callable[..., TradingAccount], address: str
) -> None:
    operator.get(address)
    before = queries(operator, address)
    for number in range(20):
        connect_account(bot, account_of(tom, name=f"Paper {number}"))
    take(BUY + b" ", sender=Sender(bot, Proof.URL_KEY, ()), origin=Origin("127.0.0.1", ""), now=timezone.now())
    work_inbox(bot.id, clock=timezone.now)
    assert Position.objects.open().count() == 21
    assert queries(operator, address) == before


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_page_whose_session_is_over_is_sent_to_the_login(client: Client) -> None:
    answer = client.get(FIGURES, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/login?next=/admin/")


def test_the_page_has_no_script_of_its_own(operator: Client, bot: Bot) -> None:
    assert 'hx-get="/admin/figures/"' in operator.get(START).content.decode()
    figures = operator.get(FIGURES).content.decode()
    assert [word for word in ("<script", "style=", "onclick", "hx-on") if word in figures] == []
