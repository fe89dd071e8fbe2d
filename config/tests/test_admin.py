"""The operators' console: every registered page opens, costs a fixed number of queries, and asks only this server."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from accounts.models import Share, TradingAccount, User
from accounts.services.password_resets import ask_for_reset
from accounts.services.sessions import Device, open_session
from bots.models import BotStatus
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_account, connect_group
from conftest import PASSWORD
from core.idempotency import Asked, Claim, Kept
from core.jobs.queue import enqueue
from groups.services.membership import create_group
from market.models import Coin, CoinSnapshot, Instrument, WatchlistEntry
from market.services.candles import store_candles
from market.services.quotes import keep_quotes
from market.sources.base import Quote
from market.tests.candles.making import walk
from trading.models import LimitType, RiskLimit, ScopeType, Signal, SwitchState
from trading.services.risk.monitor import watch
from trading.services.scopes import turn_switch
from webhooks.models import Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
WRITTEN_BY_SERVICES = (
    *("accounts.PasswordResetRequest", "accounts.Transfer", "accounts.UserSession", "market.LatestQuote"),
    "market.CandleBlock",
    *("trading.AccountScope", "trading.EquityPoint", "trading.Fill", "trading.LimitMark", "trading.RiskAlert"),
    *("trading.Order", "trading.Outcome", "trading.Position", "trading.Signal", "webhooks.Delivery"),
    *("core.IdempotencyKey", "core.Job", "market.Coin", "market.CoinSnapshot"),
)
NEVER_ADDED = (*WRITTEN_BY_SERVICES, "auth.Group", "axes.AccessAttempt")
ADDED = [model for model in MODELS if model._meta.label not in NEVER_ADDED]

ALERTS = (
    b'{"side": "buy", "symbol": "BTCUSDT", "secret": "hush"}',
    b'{"side": "sell", "symbol": "BTCUSDT"}',
    b'{"side": "buy", "symbol": "ETHUSDT"}',
    b"<script>alert(1)</script>\xff",
)

MakeDesk = Callable[[str], None]


def _label(model: type[Model]) -> str:
    return model._meta.label


def _page(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def make_desk(ada: User, tom: User, account_of: Callable[..., TradingAccount], btcusdt: Instrument, still_market: Any):
    """Write a row of every model, more at each call: a group, a bot, an alert that filled and one refused."""

    def make(name: str) -> None:
        now = timezone.now()
        alone, member = account_of(tom, name=f"{name} alone"), account_of(tom, name=f"{name} member")
        group = create_group(name=f"{name} group", created_by=ada, accounts=[member])
        bot = create_bot(owner=tom, name=f"{name} bot", symbol="BTCUSDT", config={"position_size": "0.1"})
        connect_account(bot, alone)
        connect_group(bot, group)
        change_status(bot.id, BotStatus.ACTIVE)
        sender = Sender(bot, Proof.URL_KEY, ("hush",))
        for raw in ALERTS:
            take(raw, sender=sender, origin=Origin("127.0.0.1", "application/json"), now=now)
        work_inbox(bot.id, clock=timezone.now)
        bots = {"scope_type": ScopeType.BOT, "scope_id": bot.id}
        RiskLimit.objects.create(**bots, limit_type=LimitType.POSITION_SIZE, limit_value="50")
        RiskLimit.objects.create(**bots, limit_type=LimitType.DRAWDOWN, limit_value="50")
        watch(clock=timezone.now)
        turn_switch(ScopeType.GROUP, group.id, state=SwitchState.ACTIVE, reason="Looked at it.")
        open_session(tom, device=Device(), now=now)
        ask_for_reset(email="tom@example.com", now=now)
        AccessAttempt.objects.create(username=name, ip_address="10.0.0.1", failures_since_start=10)
        Share.objects.create(user=tom, scope_type=Share.Scope.BOT, scope_id=bot.id, created_by=ada)
        instrument = Instrument.objects.exclude(latest_quote__isnull=False).earliest("symbol")
        keep_quotes({"bybit": [Quote(instrument.id, Decimal(1), Decimal(2), Decimal(1), now)]})
        WatchlistEntry.objects.create(instrument=instrument, added_by=tom)
        coin = Coin.objects.create(symbol="BTC", name=name, slug=name, website="https://b.example", synced_at=now)
        CoinSnapshot.objects.create(coin=coin, at=now, price=1)
        store_candles(instrument, walk(3), now=now)
        asked = Asked(tom.pk, f"POST /{name}", name, "0" * 64)
        Claim(asked, now=now).finish(Kept(201, '{"id": "1"}'))
        enqueue("sync_portfolio", {"user_id": str(tom.pk)}, now=now)
        every = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
        PeriodicTask.objects.create(name=f"{name} task", task="webhooks.tasks.sweep_inbox", interval=every)
        CrontabSchedule.objects.create(minute="5")
        ClockedSchedule.objects.create(clocked_time=now + timedelta(days=1))
        SolarSchedule.objects.create(event="sunrise", latitude=len(name), longitude=0)

    return make


@pytest.fixture
def desk(make_desk: MakeDesk) -> MakeDesk:
    """The first desk, already made."""
    make_desk("First")
    return make_desk


@pytest.fixture
def operator(client: Client, ada: User) -> Client:
    """ada at the console."""
    client.force_login(ada)
    return client


def _asked_elsewhere(answer: HttpResponse) -> list[str]:
    """Return the addresses of other servers that a page loads something from, or posts to."""
    loads = r"""(?:\bsrc|\baction|<link[^>]*\bhref)=["'](?:https?:)?//[^"']+|url\(["']?(?:https?:)?//[^)]+"""
    return re.findall(loads, answer.content.decode())


def _queries_of(operator: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert operator.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("model", MODELS, ids=_label)
def test_every_list_opens_searches_and_counts(operator: Client, desk: MakeDesk, model: type[Model]) -> None:
    answer = operator.get(_page(model, "changelist"))
    assert model._default_manager.exists()
    assert _asked_elsewhere(answer) == []
    assert operator.get(_page(model, "changelist"), {"q": "First"}).status_code == 200
    assert operator.get(_page(model, "changelist"), {"_facets": "True"}).status_code == 200


@pytest.mark.parametrize("model", ADDED, ids=_label)
def test_every_add_page_opens(operator: Client, desk: MakeDesk, model: type[Model]) -> None:
    assert operator.get(_page(model, "add")).status_code == 200


@pytest.mark.parametrize("model", NEVER_ADDED)
def test_what_only_services_write_is_not_added(operator: Client, model: str) -> None:
    address = _page(apps.get_model(model), "add")
    assert (operator.get(address).status_code, operator.post(address, {}).status_code) == (403, 403)


@pytest.mark.parametrize("model", MODELS, ids=_label)
def test_every_row_opens(operator: Client, desk: MakeDesk, model: type[Model]) -> None:
    answer = operator.get(_page(model, "change", model._default_manager.first().pk))
    assert answer.status_code == 200
    assert _asked_elsewhere(answer) == []


@pytest.mark.parametrize("page", ["change", "delete"])
@pytest.mark.parametrize("model", WRITTEN_BY_SERVICES)
def test_what_only_services_write_stays_as_it_is(operator: Client, desk: MakeDesk, model: str, page: str) -> None:
    row = apps.get_model(model)._default_manager.first()
    assert operator.post(_page(type(row), page, row.pk), {"post": "yes"}).status_code == 403
    assert type(row)._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", MODELS, ids=_label)
def test_the_queries_of_a_list_do_not_grow_with_rows(operator: Client, desk: MakeDesk, model: type[Model]) -> None:
    operator.get(_page(model, "changelist"))
    before = _queries_of(operator, _page(model, "changelist"))
    desk("Second")
    assert _queries_of(operator, _page(model, "changelist")) == before


@pytest.mark.parametrize("model", MODELS, ids=_label)
def test_a_trader_gets_the_login_page(client: Client, tom: User, model: type[Model]) -> None:
    client.force_login(tom)
    answer = client.get(_page(model, "changelist"), follow=True)
    assert answer.redirect_chain[0][0].startswith(reverse("admin:login"))
    assert answer.context["form"].fields.keys() == {"username", "password"}


def test_the_sidebar_leads_to_every_list(operator: Client) -> None:
    page = operator.get(reverse("admin:index")).content.decode()
    sidebar = page[page.index('id="nav-sidebar-inner"') : page.index('id="main"')]
    assert [model for model in MODELS if f'href="{_page(model, "changelist")}"' not in sidebar] == []


def test_who_comes_to_the_login_page_itself_lands_on_the_start_page(client: Client, ada: User) -> None:
    form = re.search(
        r'form="login-form" name="next" value="([^"]+)"', client.get(reverse("admin:login")).content.decode()
    )
    answer = client.post(reverse("admin:login"), {"username": "ada", "password": PASSWORD, "next": form[1]})
    assert answer["Location"] == reverse("admin:index")


def test_a_filter_that_makes_no_sense_is_no_fault(operator: Client) -> None:
    answer = operator.get(_page(Signal, "changelist"), {"bot_id": "x", "received_at_from": "9999-99-99"})
    assert answer["Location"].endswith("?e=1")


def test_what_is_not_there_leads_back(operator: Client) -> None:
    answer = operator.get(reverse("admin:trading_signal_change", args=[uuid4()]))
    assert answer["Location"] == reverse("admin:index")
