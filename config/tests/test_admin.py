"""The operators' console: every registered page opens, costs a fixed number of queries, and asks only this server."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.db import connection, transaction
from django.db.models import Model, UUIDField
from django.http import HttpResponse
from django.test import Client, RequestFactory
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

from accounts.models import Role, Share, TradingAccount, User
from accounts.services.password_resets import ask_for_reset
from accounts.services.sessions import Device, open_session
from bots.models import Bot, BotDecision, BotStatus
from bots.services.bots import change_status, create_bot
from bots.services.connections import connect_account, connect_group
from conftest import PASSWORD, StillMarket, make_user, open_paper
from core.idempotency import Asked, Claim, Kept
from core.jobs.queue import enqueue
from core.tests.asking import announced, say_yes
from groups.services.membership import create_group
from market import sources
from market.intervals import Interval
from market.models import Coin, CoinSnapshot, Instrument, WatchlistEntry
from market.services.candles import store_candles
from market.services.quotes import keep_quotes
from market.sources.base import Quote
from market.tests.candles.making import walk
from strategies.services.log import write_log
from strategies.services.strategies import create_strategy
from strategies.services.trade_strategies import create_trade_strategy
from strategies.tests.making import finished_backtest, waiting_sweep
from trading.models import LimitType, Order, RiskLimit, ScopeType, Signal, SwitchState
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
    *("strategies.Backtest", "strategies.LogEntry", "strategies.Sweep"),
    *("core.IdempotencyKey", "core.Job", "market.Coin", "market.CoinSnapshot"),
    "bots.BotDecision",
)
NEVER_ADDED = (*WRITTEN_BY_SERVICES, "auth.Group", "axes.AccessAttempt")
ADDED = [model for model in MODELS if model._meta.label not in NEVER_ADDED]

ALERTS = (
    b'{"side": "buy", "symbol": "BTCUSDT", "secret": "hush"}',
    b'{"side": "sell", "symbol": "BTCUSDT"}',
    b'{"side": "buy", "symbol": "ETHUSDT"}',
    b"<script>alert(1)</script>\xff",
)

# What is done to one row after another, and why not to all in one statement. All but UNASKED is confirmed first.
ONE_BY_ONE = {
    "activate": "an account keeps a version in its history, and what follows it is told",
    "deactivate": "the same",
    "start": "a bot is refused by its own state, or tells its stream and keeps a version in its history",
    "pause": "the same",
    "stop": "the same",
    "terminate": "a bot or an account waits for its venue, and says what is left of it",
    "halt": "a scope locks the accounts that it covers before it cancels their orders, and keeps a version",
    "halt_and_flatten": "the same",
    "resume": "the same",
    "replay": "a signal is traded once more, or refused by itself",
    "hide": "a row that something uses is refused by itself; the others go and keep a version",
}
UNASKED = {"activate"}
# Actions on rows that have a history which leave no version of anything, and why.
WITHOUT_VERSION = {
    "terminate": "orders and positions end; the bot, the account and their switches stay as they are",
    "sync_balance": "it only reads",
    "run_backtest": "it leads to a form",
}
# What makes an action one that changes something on the desk below.
BEFORE = {"start": ["pause"], "resume": ["halt"]}
# Django's own deletion, by the signal of each row: a version is kept, the scheduler is told; a limit ends its alerts.
DELETED_ONE_BY_ONE = (
    *("accounts.Share", "trading.RiskLimit", "django_celery_beat.PeriodicTask", "django_celery_beat.ClockedSchedule"),
    *("django_celery_beat.CrontabSchedule", "django_celery_beat.IntervalSchedule", "django_celery_beat.SolarSchedule"),
)

MakeDesk = Callable[[str], None]


def _actions() -> list[tuple[type[Model], str]]:
    """Return every action that a page of the registry names."""
    return [
        (model, getattr(action, "__name__", action))
        for model in MODELS
        for action in admin.site._registry[model].actions or ()
    ]


GROWING = [
    *((model, name) for model, name in _actions() if name in ONE_BY_ONE),
    *((apps.get_model(label), "delete_selected") for label in DELETED_ONE_BY_ONE),
]


def _label(model: type[Model]) -> str:
    return model._meta.label


def _page(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def make_desk(name: str) -> None:
    """Write a row of every model, more at each call: a group, a bot, an alert that filled and one refused."""
    ada, tom = (User.objects.get(username=username) for username in ("ada", "tom"))
    btcusdt = Instrument.objects.get(symbol="BTCUSDT")
    now = timezone.now()
    alone, member = open_paper(tom, name=f"{name} alone"), open_paper(tom, name=f"{name} member")
    group = create_group(name=f"{name} group", created_by=ada, accounts=[member])
    bot = create_bot(owner=tom, name=f"{name} bot", symbol="BTCUSDT", config={"position_size": "0.1"})
    connect_account(bot, alone)
    connect_group(bot, group)
    change_status(bot.id, BotStatus.ACTIVE)
    sender = Sender(bot, Proof.URL_KEY, ("hush",))
    for raw in ALERTS:
        take(raw, sender=sender, origin=Origin("127.0.0.1", "application/json"), now=now)
    work_inbox(bot.id, clock=timezone.now)
    sent = Signal.objects.filter(bot_id=bot.id).first()
    candle = {"bot": bot, "symbol": "BTCUSDT", "interval": "1m", "rule": "sma_cross", "decided_at": now}
    BotDecision.objects.create(**candle, opened_at=now, target=1, signal=sent)
    BotDecision.objects.create(**candle, opened_at=now - timedelta(minutes=1), code="NO_CANDLES")
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
    strategy = create_strategy(owner=tom, name=f"{name} averages", rule="sma_cross", now=now)
    create_strategy(owner=tom, name=f"{name} unused", rule="sma_cross", now=now)
    create_trade_strategy(strategy_id=strategy.pk, instrument=btcusdt, interval=Interval.H1, now=now)
    finished_backtest(tom, strategy=strategy, rule="")
    waiting_sweep(tom)
    write_log(owner=tom, symbol=name, action={"do": "buy"}, now=now)
    every = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name=f"{name} task", task="webhooks.tasks.sweep_inbox", interval=every)
    CrontabSchedule.objects.create(minute="5")
    ClockedSchedule.objects.create(clocked_time=now + timedelta(days=1))
    SolarSchedule.objects.create(event="sunrise", latitude=len(name), longitude=0)


@pytest.fixture(scope="module", autouse=True)
def first_desk(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Two people and the first desk, made once: each test's own changes are undone, this after the last of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        make_user("ada", Role.ADMIN)
        make_user("tom", Role.TRADER)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(sources.CATALOGUE, "synthetic", StillMarket.of_two())
            make_desk("First")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.get(username="ada")


@pytest.fixture
def tom(db: None) -> User:
    return User.objects.get(username="tom")


@pytest.fixture
def desk(db: None, still_market: Any) -> MakeDesk:
    """The first desk is there: makes another."""
    return make_desk


def _asked_elsewhere(answer: HttpResponse) -> list[str]:
    """Return the addresses of other servers that a page loads something from, or posts to."""
    loads = r"""(?:\bsrc|\baction|<link[^>]*\bhref)=["'](?:https?:)?//[^"']+|url\(["']?(?:https?:)?//[^)]+"""
    return re.findall(loads, answer.content.decode())


def _text(answer: Any) -> str:
    """Return the body of an answer, streamed or not."""
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


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


def _searched_ids() -> list[tuple[type[Model], str]]:
    """Return every id that a list searches: its rows' own, or that of what they lead to."""
    found = []
    for model in MODELS:
        for searched in admin.site._registry[model].search_fields:
            path = re.sub("__i?exact$", "", searched)
            *steps, last = path.split("__")
            owner = model
            for step in steps:
                owner = owner._meta.get_field(step).related_model
            if isinstance(owner._meta.get_field(last), UUIDField):
                found.append((model, path))
    return found


@pytest.mark.parametrize(("model", "path"), _searched_ids())
def test_a_list_finds_a_row_by_the_id_that_it_searches(
    operator: Client, desk: MakeDesk, model: type[Model], path: str
) -> None:
    some = model._default_manager.exclude(**{path: None})
    if not some.exists():
        model._default_manager.update(**{path: uuid4()})
    row, sought = some.first(), some.values_list(path, flat=True).first()
    answer = operator.get(_page(model, "changelist"), {"q": str(sought)})
    assert row in answer.context["cl"].result_list


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
def test_the_queries_of_a_row_do_not_grow_with_rows(operator: Client, desk: MakeDesk, model: type[Model]) -> None:
    address = _page(model, "change", model._default_manager.order_by("pk").first().pk)
    operator.get(address)
    before = _queries_of(operator, address)
    desk("Second")
    assert _queries_of(operator, address) == before


@pytest.mark.parametrize("model", MODELS, ids=_label)
def test_every_history_opens(operator: Client, desk: MakeDesk, model: type[Model]) -> None:
    assert operator.get(_page(model, "history", model._default_manager.first().pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=_label)
def test_every_delete_page_opens_where_one_may_delete(
    operator: Client, ada: User, desk: MakeDesk, model: type[Model], rf: RequestFactory
) -> None:
    request, row = rf.get("/"), model._default_manager.first()
    request.user = ada
    may = admin.site._registry[model].has_delete_permission(request, row)
    assert operator.get(_page(model, "delete", row.pk)).status_code == (200 if may else 403)


@pytest.mark.parametrize("model", [Bot, TradingAccount, Order], ids=_label)
def test_a_row_leads_to_its_last_flight(operator: Client, desk: MakeDesk, model: type[Model]) -> None:
    order = Order.objects.filter(account__name="First alone").earliest("created_at")
    row = {Bot: order.bot_id, TradingAccount: order.account_id, Order: order.pk}[model]
    pages = [operator.get(_page(model, "change", row)), operator.get(_page(model, "changelist"))]
    flight = reverse("flight-recorder", args=[order.signal_id])
    assert any(flight in page.content.decode() for page in pages)


def _cost(operator: Client, model: type[Model], action: str, *, is_confirmed: bool) -> int:
    """Return the queries of an action on all rows that are there; what it did is undone."""
    rows = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
    address, chosen = _page(model, "changelist"), {"action": action, "_selected_action": rows, "index": "0"}
    with transaction.atomic():
        if is_confirmed:
            [say_yes(operator, address, {**chosen, "action": name}) for name in BEFORE.get(action, ())]
            with transaction.atomic():
                chosen |= {"confirmed": announced(operator, address, chosen), "post": "yes"}
                transaction.set_rollback(True)
        with CaptureQueriesContext(connection) as queries:
            _text(operator.post(address, chosen))
        transaction.set_rollback(True)
    return len(queries)


@pytest.mark.parametrize("is_confirmed", [False, True], ids=["asked", "confirmed"])
def test_only_what_is_done_one_by_one_costs_more_with_more_rows(
    operator: Client, ada: User, desk: MakeDesk, rf: RequestFactory, is_confirmed: bool
) -> None:
    request = rf.get("/")
    request.user = ada
    offered = [(model, name) for model in MODELS for name in admin.site._registry[model].get_actions(request)]

    def costs() -> list[int]:
        return [_cost(operator, model, name, is_confirmed=is_confirmed) for model, name in offered]

    costs()  # what is read once in a process
    few = costs()
    desk("Second")
    grown = {each for each, some, many in zip(offered, few, costs(), strict=True) if many > some}
    assert grown == {(model, name) for model, name in GROWING if is_confirmed or name in UNASKED}


@pytest.mark.parametrize(("model", "action"), _actions(), ids=str)
def test_every_action_answers(operator: Client, desk: MakeDesk, model: type[Model], action: str) -> None:
    chosen = {"action": action, "_selected_action": str(model._default_manager.first().pk), "index": "0"}
    answer = operator.post(_page(model, "changelist"), chosen, follow=True)
    assert answer.status_code == 200
    assert "No action selected" not in _text(answer)


@pytest.mark.parametrize(("model", "action"), _actions(), ids=str)
def test_every_action_that_was_confirmed_answers(
    operator: Client, desk: MakeDesk, model: type[Model], action: str
) -> None:
    chosen = {"action": action, "_selected_action": str(model._default_manager.first().pk), "index": "0"}
    answer = say_yes(operator, _page(model, "changelist"), chosen)
    assert answer.status_code == 200
    assert "No action selected" not in _text(answer)


def _versions() -> int:
    kept = (model for model in apps.get_models() if model.__name__.startswith("Historical"))
    return sum(model._default_manager.count() for model in kept)


@pytest.mark.parametrize(("model", "action"), [each for each in _actions() if hasattr(each[0], "history")], ids=str)
def test_an_action_on_what_has_a_history_leaves_a_version(
    operator: Client, desk: MakeDesk, model: type[Model], action: str
) -> None:
    def act(name: str) -> None:
        rows = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)]
        say_yes(operator, _page(model, "changelist"), {"action": name, "_selected_action": rows})

    [act(name) for name in BEFORE.get(action, ())]
    before = _versions()
    act(action)
    assert (_versions() > before) == (action not in WITHOUT_VERSION)


@pytest.mark.parametrize("model", sorted({model for model, _ in _actions()}, key=_label), ids=_label)
def test_an_action_on_keys_that_are_none_is_no_fault(operator: Client, model: type[Model]) -> None:
    action = next(action for each, action in _actions() if each is model)
    chosen = {"action": action, "_selected_action": ["x' or 1", "\0", "9" * 40, str(uuid4())], "index": "0"}
    assert operator.post(_page(model, "changelist"), chosen, follow=True).status_code == 200


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
    answer = client.get(reverse("admin:login"))
    assert answer["Location"] == "/login?next=%2Fadmin%2F"
    answer = client.post(answer["Location"], {"username": "ada", "password": PASSWORD, "next": "/admin/"})
    assert answer["Location"] == reverse("admin:index")


def test_a_filter_that_makes_no_sense_is_no_fault(operator: Client) -> None:
    answer = operator.get(_page(Signal, "changelist"), {"bot_id": "x", "received_at_from": "9999-99-99"})
    assert answer["Location"].endswith("?e=1")


def test_a_filter_that_no_database_takes_is_no_fault(operator: Client) -> None:
    answer = operator.get(_page(BotDecision, "changelist"), {"code__exact": "\0"})
    assert answer["Location"].endswith("?e=1")


def test_what_is_not_there_leads_back(operator: Client) -> None:
    answer = operator.get(reverse("admin:trading_signal_change", args=[uuid4()]))
    assert answer["Location"] == reverse("admin:index")
