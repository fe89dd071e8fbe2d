"""The live page: a browser's root, and what it is told of; each person sees what they may see, and no more."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Share, TradingAccount, User
from accounts.services.trading_accounts import change_account
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, webhook_key
from bots.services.connections import connect_account
from config.live.markets import offered_markets
from groups.services.membership import create_group
from market.kinds import Kind
from market.models import Instrument
from market.selectors.instruments import find_instrument
from trading.models import OrderSide, OrderType, Position, ScopeType, Switch, SwitchState
from trading.services.orders import OrderRequest, place_order
from trading.services.scopes import turn_switch
from webhooks.models import Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
STATE = "/live/state"

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

AccountOf = Callable[..., TradingAccount]
PageOf = Callable[[User], Client]
MakeDesk = Callable[[str], Bot]


@pytest.fixture
def page_of() -> PageOf:
    """Let somebody in and return their browser."""

    def page(user: User) -> Client:
        client = Client(headers=BROWSER)
        client.force_login(user)
        return client

    return page


@pytest.fixture
def make_desk(tom: User, account_of: Callable[..., TradingAccount], btcusdt: Instrument) -> MakeDesk:
    """An active bot of Tom's on an account that is long 0.1 BTC, and an alert that was handled."""

    def make(name: str) -> Bot:
        account = account_of(tom, name=f"{name} account")
        bot = create_bot(owner=tom, name=name, symbol="BTCUSDT", config={"position_size": "0.1"})
        connect_account(bot, account)
        change_status(bot.id, BotStatus.ACTIVE)
        asked = OrderRequest(side=OrderSide.BUY, instrument=btcusdt, quantity=Decimal("0.1"), leverage=10)
        place_order(account, request=asked, clock=timezone.now)
        sender = Sender(bot, Proof.URL_KEY, ())
        raw = b'{"side": "buy", "symbol": "BTCUSDT"}'
        take(raw, sender=sender, origin=Origin("127.0.0.1", "application/json"), now=timezone.now())
        work_inbox(bot.id, clock=timezone.now)
        return bot

    return make


@pytest.fixture
def bot(make_desk: MakeDesk) -> Bot:
    return make_desk("Badger")


def limit_buy(instrument: Instrument, *, price: Decimal | None = Decimal(40_000)) -> OrderRequest:
    """0.1 well below the market, or at the market where no price is given."""
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return OrderRequest(
        side=OrderSide.BUY, instrument=instrument, quantity=Decimal("0.1"), order_type=kind, price=price, leverage=10
    )


def told(page: Client, **query: Any) -> dict[str, Any]:
    state: dict[str, Any] = page.get(STATE, query).json()
    return state


def test_a_program_gets_the_roots_json(client: Client) -> None:
    answer = client.get("/", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["links"]["docs"]) == (200, "/docs")


def test_a_browser_that_is_not_in_is_sent_to_the_login_page(client: Client) -> None:
    answer = client.get("/", headers=BROWSER)
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/")


def test_a_browser_that_is_in_gets_the_page(page_of: PageOf, tom: User, bot: Bot) -> None:
    answer = page_of(tom).get("/")
    page = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert [words for words in ("Badger account", "Order ticket", "Your first alert") if words not in page] == []


def test_the_page_shows_no_key_before_somebody_asks(page_of: PageOf, tom: User, bot: Bot) -> None:
    assert webhook_key(bot) not in page_of(tom).get("/").content.decode()


def test_no_script_stands_in_the_page(page_of: PageOf, tom: User, bot: Bot) -> None:
    answer = page_of(tom).get("/")
    scripts = [line for line in answer.content.decode().split("<script")[1:] if " src=" not in line.split(">")[0]]
    assert [line.split(">")[0] for line in scripts] == [
        ' id="state" type="application/json"',
        ' id="guided" type="application/json"',
    ]
    assert "script-src 'self'" in answer["Content-Security-Policy"].split("; ")


def test_who_is_not_in_is_told_nothing(client: Client) -> None:
    answer = client.get(STATE)
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_LOGGED_IN")


def test_a_trader_is_told_of_their_own(page_of: PageOf, tom: User, bot: Bot) -> None:
    state = told(page_of(tom))
    (held,) = state["positions"]["items"]
    assert (held["account"], held["side"], held["size"], held["entry_price"]) == (
        "Badger account",
        "long",
        "0.1",
        "50000",
    )
    assert [(row["name"], row["symbol"]) for row in state["bots"]["items"]] == [("Badger", "BTCUSDT")]
    assert (state["user"]["may_trade"], [row["may_trade"] for row in state["accounts"]["items"]]) == (True, [True])
    assert [row["is_own"] for row in state["accounts"]["items"]] == [True]
    assert [row["side"] for row in state["signals"]] == ["buy"]
    assert held["price_decimals"] == 1


def test_a_stranger_is_told_of_nothing(page_of: PageOf, mallory: User, bot: Bot) -> None:
    state = told(page_of(mallory))
    totals = [state[part]["total"] for part in ("bots", "accounts", "positions", "orders", "alerts", "halted")]
    assert (totals, state["signals"]) == ([0] * 6, [])


def test_a_viewer_sees_a_shared_bot_and_may_do_nothing(page_of: PageOf, vic: User, ada: User, bot: Bot) -> None:
    Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot.id, created_by=ada)
    page = page_of(vic)
    state = told(page)
    assert [row["name"] for row in state["bots"]["items"]] == ["Badger"]
    assert (state["user"]["may_trade"], state["accounts"]["items"]) == (False, [])
    assert "Order ticket" not in page.get("/").content.decode()


def test_a_traders_ticket_offers_neither_what_is_at_rest_nor_what_is_shared(
    page_of: PageOf, tom: User, mallory: User, ada: User, account_of: Callable[..., TradingAccount]
) -> None:
    at_rest, theirs = account_of(tom, name="A"), account_of(mallory, name="B")
    change_account(at_rest, {"is_active": False})
    Share.objects.create(user=tom, scope_type=Share.Scope.ACCOUNT, scope_id=theirs.pk, created_by=ada)
    rows = told(page_of(tom))["accounts"]["items"]
    assert [(row["name"], row["is_own"], row["may_trade"]) for row in rows] == [("A", True, False), ("B", False, False)]


def test_orders_at_work_are_told_of_and_cancelled_by_who_may(
    page_of: PageOf, tom: User, mallory: User, ada: User, vic: User, account_of: AccountOf, btcusdt: Instrument
) -> None:
    account = account_of(tom, name="A")
    waiting = place_order(account, request=limit_buy(btcusdt), clock=timezone.now)
    Share.objects.create(user=vic, scope_type=Share.Scope.ACCOUNT, scope_id=account.pk, created_by=ada)
    change_account(account, {"is_active": False})
    (row,) = told(page_of(tom))["orders"]["items"]
    assert (row["id"], row["account"], row["side"], row["order_type"]) == (str(waiting.pk), "A", "buy", "limit")
    assert (row["quantity"], row["filled_quantity"], row["price"], row["stop_price"]) == ("0.1", "0", "40000", None)
    may = [[each["may_cancel"] for each in told(page_of(user))["orders"]["items"]] for user in (tom, ada, vic, mallory)]
    assert may == [[True], [True], [False], []]


def test_an_order_that_is_over_is_not_at_work(page_of: PageOf, tom: User, bot: Bot) -> None:
    assert told(page_of(tom))["orders"] == {"total": 0, "items": []}


def test_accounts_of_one_name_are_told_apart_by_whose_they_are(
    page_of: PageOf, tom: User, mallory: User, ada: User, account_of: AccountOf, btcusdt: Instrument
) -> None:
    toms, mallorys, adas = (account_of(user, name="Paper") for user in (tom, mallory, ada))
    place_order(toms, request=limit_buy(btcusdt, price=None), clock=timezone.now)
    place_order(mallorys, request=limit_buy(btcusdt), clock=timezone.now)
    state = told(page_of(ada))
    titles = {row["id"]: row["title"] for row in state["accounts"]["items"]}
    assert [titles[str(each.pk)] for each in (toms, mallorys, adas)] == ["Paper · tom", "Paper · mallory", "Paper"]
    assert [row["account"] for row in state["positions"]["items"]] == ["Paper · tom"]
    assert [row["account"] for row in state["orders"]["items"]] == ["Paper · mallory"]


def test_accounts_that_read_alike_are_told_apart_by_their_ids_and_no_owner_is_told_to_a_trader(
    page_of: PageOf, tom: User, mallory: User, ada: User, account_of: AccountOf
) -> None:
    alike = [account_of(tom, name="Paper"), account_of(tom, name="Paper"), account_of(mallory, name="Paper")]
    Share.objects.create(user=tom, scope_type=Share.Scope.ACCOUNT, scope_id=alike[2].pk, created_by=ada)
    titles = {row["title"] for row in told(page_of(tom))["accounts"]["items"]}
    assert titles == {f"Paper ({str(each.pk)[:8]})" for each in alike}


def test_what_covers_an_account_and_is_halted_is_told(
    page_of: PageOf, tom: User, ada: User, mallory: User, bot: Bot
) -> None:
    group = create_group(name="All", created_by=ada, accounts=[TradingAccount.objects.get(name="Badger account")])
    turn_switch(ScopeType.GROUP, group.id, state=SwitchState.HALTED, reason="Fire.")
    one = {"scope_type": "group", "name": "", "state": "halted", "reason": "Fire."}
    assert told(page_of(tom))["halted"] == {"total": 1, "items": [one]}
    assert told(page_of(mallory))["halted"] == {"total": 0, "items": []}


def test_a_halted_owner_is_told_to_whom_an_account_is_shown(
    page_of: PageOf, tom: User, vic: User, ada: User, mallory: User, bot: Bot
) -> None:
    account = TradingAccount.objects.get(name="Badger account")
    Share.objects.create(user=vic, scope_type=Share.Scope.ACCOUNT, scope_id=account.id, created_by=ada)
    turn_switch(ScopeType.USER, tom.id, state=SwitchState.HALTED, reason="Fire.")
    assert [told(page_of(each))["halted"]["total"] for each in (tom, vic, ada, mallory)] == [1, 1, 1, 0]


def test_what_is_halted_is_named_to_whom_it_is_shown(
    page_of: PageOf, tom: User, ada: User, mallory: User, bot: Bot, account_of: AccountOf
) -> None:
    account, others = TradingAccount.objects.get(name="Badger account"), account_of(mallory)
    group = create_group(name="Mixed", created_by=ada, accounts=[account, others])
    turn_switch(ScopeType.GROUP, group.id, state=SwitchState.HALTED, reason="")
    turn_switch(ScopeType.ACCOUNT, account.id, state=SwitchState.HALTED, reason="")
    turn_switch(ScopeType.SYMBOL, Instrument.objects.get(symbol="BTCUSDT").pk, state=SwitchState.HALTED, reason="")
    named = {row["scope_type"]: row["name"] for row in told(page_of(tom))["halted"]["items"]}
    assert named == {"group": "", "account": "Badger account", "symbol": "BTCUSDT"}
    to_an_admin = {row["name"] for row in told(page_of(ada))["halted"]["items"]}
    assert to_an_admin == {"Mixed", "Badger account · tom", "BTCUSDT"}


def test_of_many_halts_the_newest_are_told_and_how_many_there_are(page_of: PageOf, tom: User, bot: Bot) -> None:
    made = [Switch(scope_type=ScopeType.SYMBOL, scope_id=uuid4(), state=SwitchState.HALTED) for _ in range(25)]
    Switch.objects.bulk_create(made)
    halted = told(page_of(tom))["halted"]
    assert (halted["total"], len(halted["items"])) == (25, 20)


def test_the_statements_do_not_grow_with_what_is_shown(
    page_of: PageOf, tom: User, bot: Bot, make_desk: MakeDesk
) -> None:
    page = page_of(tom)
    told(page)
    with CaptureQueriesContext(connection) as few:
        told(page)
    make_desk("Fox")
    with CaptureQueriesContext(connection) as more:
        told(page)
    assert len(more) == len(few)


def test_markets_of_one_symbol_are_told_apart(page_of: PageOf, tom: User, bot: Bot, btcusdt: Instrument) -> None:
    perpetual = btcusdt.pk
    spot = _copy_of(btcusdt, kind=Kind.SPOT, venue="binance")
    asked = OrderRequest(side=OrderSide.BUY, instrument=spot, quantity=Decimal("0.1"))
    place_order(TradingAccount.objects.get(name="Badger account"), request=asked, clock=timezone.now)
    state = told(page_of(tom), market=spot.pk)
    assert [(row["market"], row["kind"]) for row in state["positions"]["items"]] == [
        (str(spot.pk), "spot"),
        (str(perpetual), "linear"),
    ]
    assert [(row["id"], row["name"]) for row in state["markets"]] == [
        (str(spot.pk), "BINANCE:BTCUSDT"),
        (str(perpetual), "BTCUSDT"),
    ]
    assert [(row["market"], row["size"]) for row in state["trades"]] == [(str(spot.pk), "0.1")]


def test_the_name_of_a_market_leads_to_it(db: None) -> None:
    known = list(Instrument.objects.in_order())
    named = [offered_markets([Position(instrument=each)], [])[0] for each in known]
    assert [find_instrument(row["name"], only_kind=row["kind"]) for row in named] == known


@pytest.mark.parametrize("market", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_no_market_has_no_trades(page_of: PageOf, tom: User, bot: Bot, market: str) -> None:
    assert told(page_of(tom), market=market)["trades"] == []


def test_trades_are_told_to_who_may_see_them(
    page_of: PageOf, tom: User, mallory: User, bot: Bot, btcusdt: Instrument
) -> None:
    assert len(told(page_of(tom), market=btcusdt.pk)["trades"]) == 1
    assert told(page_of(mallory), market=btcusdt.pk)["trades"] == []


def _copy_of(instrument: Instrument, **changes: Any) -> Instrument:
    copy = Instrument.objects.get(pk=instrument.pk)
    copy.pk, copy._state.adding = uuid4(), True
    for name, value in changes.items():
        setattr(copy, name, value)
    copy.save()
    return copy
