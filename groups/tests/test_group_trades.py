"""POST /trading/group/{id}/execute: one trade on every active account of a group."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Share, TradingAccount
from groups.services import trades
from groups.services.membership import create_group
from market.models import Instrument
from trading.models import Order, Outcome, Position, ScopeType, Signal, SwitchState
from trading.services.abandoned import give_up_abandoned
from trading.services.scopes import turn_switch

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

BUY = {"symbol": "BTCUSDT", "side": "buy", "order_type": "market", "risk_percentage": 10, "leverage": 5}
KEYED = {"HTTP_IDEMPOTENCY_KEY": "k"}


@pytest.fixture
def accounts(tom, account_of):
    return [account_of(tom, name="a"), account_of(tom, name="b", balance="20000")]


@pytest.fixture
def group(ada, accounts):
    return create_group(name="Desk", created_by=ada, accounts=accounts)


@pytest.fixture
def execute(group, ada, client_of):
    """Trade the group as the admin: `execute(side="sell")`."""

    def post(client=None, headers=None, target=None, **body):
        address = f"/api/v1/trading/group/{(target or group).id}/execute"
        return (client or client_of(ada)).post(address, {**BUY, **body}, **headers or {})

    return post


def held():
    rows = Position.objects.open().order_by("account__name")
    return [(row.account.name, row.side, row.size) for row in rows.select_related("account")]


def test_each_account_trades_its_share_of_equity_as_margin(execute, group, ada):
    # 10% of 10,000 × 5 ÷ 50,000 = 0.1; of 20,000 twice as much
    answer = execute()
    body = answer.json()
    assert (answer.status_code, body["success_count"], body["error_count"], body["status"]) == (200, 2, 0, "processed")
    assert [(row["account_name"], row["status"], row["quantity"]) for row in body["results"]] == [
        ("a", "filled", "0.1"),
        ("b", "filled", "0.2"),
    ]
    assert set(Position.objects.values_list("leverage", flat=True)) == {5}
    signal = Signal.objects.get(pk=body["correlation_id"])
    assert (signal.source, signal.group_id, signal.user, signal.size) == ("group_trade", group.id, ada, "10%")
    assert set(Order.objects.values_list("signal", "origin")) == {(signal.id, "signal")}


def test_sizes_are_rounded_down_to_the_lot(execute, accounts):
    # 3.33% of 10,000 × 5 ÷ 50,000 = 0.0333
    execute(risk_percentage="3.33")
    assert held()[0] == ("a", "long", Decimal("0.033"))


@pytest.mark.parametrize(("side", "held_side"), [("LONG", "long"), ("Sell", "short"), ("short", "short")])
def test_the_side_may_be_said_in_other_words(execute, side, held_side):
    execute(side=side)
    assert {row[1] for row in held()} == {held_side}


@pytest.mark.parametrize("side", ["close", "exit", "FLAT"])
def test_a_close_takes_the_whole_position_and_needs_no_size(execute, group, ada, client_of, side):
    execute()
    body = {"symbol": "BTCUSDT", "side": side}
    told = client_of(ada).post(f"/api/v1/trading/group/{group.id}/execute", body).json()
    assert (told["success_count"], held()) == (2, [])


def test_a_share_of_equity_means_nothing_to_a_close(execute):
    execute()
    assert Signal.objects.get(pk=execute(side="close", risk_percentage=50).json()["correlation_id"]).size == ""


def test_one_more_of_what_is_held_adds(execute):
    execute()
    execute(leverage=5, risk_percentage=5)
    assert {size > Decimal("0.1") for _, _, size in held()} == {True}


def test_the_other_side_turns_the_position_around(execute):
    execute()
    results = execute(side="sell").json()["results"]
    assert ([len(row["order_ids"]) for row in results], {row[1] for row in held()}) == ([2, 2], {"short"})


def test_exits_are_prices_or_distances(execute):
    # 50,000 × 0.98; the price is rounded to the tick
    execute(stop_loss="2%", take_profit=51000.04)
    assert set(Position.objects.values_list("stop_loss", "take_profit")) == {(Decimal(49000), Decimal("51000.1"))}


def test_a_refusal_on_one_account_is_its_own(execute, accounts):
    TradingAccount.objects.filter(name="a").update(max_leverage=2)
    body = execute().json()
    assert (body["success_count"], body["error_count"]) == (1, 1)
    assert [(row["status"], row["code"]) for row in body["results"]] == [
        ("rejected", "LEVERAGE_TOO_HIGH"),
        ("filled", ""),
    ]


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": "2026-01-01T00:00:00Z"}], ids=str)
def test_only_active_accounts_are_traded(execute, change):
    TradingAccount.objects.filter(name="a").update(**change)
    assert [row["account_name"] for row in execute().json()["results"]] == ["b"]


def test_a_group_without_an_active_account_is_a_409(execute):
    TradingAccount.objects.update(is_active=False)
    answer = execute()
    assert (answer.status_code, answer.json()["code"], Signal.objects.count()) == (409, "GROUP_EMPTY", 0)


@pytest.mark.parametrize("scope", [ScopeType.GROUP, ScopeType.SYSTEM])
def test_a_halted_group_is_not_traded(execute, group, scope):
    turn_switch(scope, group.id if scope == ScopeType.GROUP else None, state=SwitchState.HALTED, reason="test")
    answer = execute(side="close")
    assert (answer.status_code, answer.json()["code"], Signal.objects.count()) == (400, "HALTED", 0)


def test_a_group_that_is_reducing_closes_and_opens_nothing(execute, group):
    execute()
    turn_switch(ScopeType.GROUP, group.id, state=SwitchState.REDUCING, reason="test")
    assert {row["code"] for row in execute().json()["results"]} == {"HALTED"}
    assert execute(side="close").json()["success_count"] == 2


def test_another_group_that_is_halted_is_not_in_the_way(execute, ada):
    other = create_group(name="Other", created_by=ada)
    turn_switch(ScopeType.GROUP, other.id, state=SwitchState.HALTED, reason="test")
    assert execute().json()["success_count"] == 2


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("risk_percentage", {"risk_percentage": None}),
        ("risk_percentage", {"risk_percentage": 0}),
        ("risk_percentage", {"risk_percentage": "100.1"}),
        ("risk_percentage", {"risk_percentage": "NaN"}),
        ("side", {"side": "up"}),
        ("order_type", {"order_type": "limit"}),
        ("leverage", {"leverage": 0}),
        ("leverage", {"leverage": 101}),
        ("stop_loss", {"stop_loss": "-2%"}),
        ("stop_loss", {"stop_loss": True}),
        ("take_profit", {"take_profit": "far"}),
        ("symbol", {"symbol": ""}),
        ("size", {"size": "1"}),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_leaves_no_row(execute, field, body):
    answer = execute(**body)
    assert (answer.status_code, list(answer.json()["errors"]), Signal.objects.count()) == (422, [field], 0)


def test_an_unknown_symbol_is_a_404(execute):
    assert (execute(symbol="NONE").status_code, Signal.objects.count()) == (404, 0)


def test_a_group_that_is_not_there_is_a_404(execute, group):
    group.id = uuid.uuid4()
    assert execute().status_code == 404


@pytest.mark.parametrize("who", ["tom", "vic", "eve", "mallory"])
def test_only_admins_trade_groups(request, execute, group, client_of, who):
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="group", scope_id=group.id)
    assert (execute(client_of(user)).status_code, Signal.objects.count()) == (403, 0)


def test_the_same_key_trades_once(execute):
    first, again = execute(headers=KEYED), execute(headers=KEYED)
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert (Signal.objects.count(), Order.objects.count()) == (1, 2)


def test_another_body_under_the_same_key_is_a_409(execute):
    execute(headers=KEYED)
    answer = execute(headers=KEYED, leverage=4)
    assert (answer.json()["code"], Signal.objects.count()) == ("IDEMPOTENCY_KEY_REUSED", 1)


@pytest.fixture
def died(execute, monkeypatch):
    """A trade whose process died once its signal was stored, before anything was traded."""
    with monkeypatch.context() as patch:
        patch.setattr(trades, "run_signal", _dies)
        with pytest.raises(KeyboardInterrupt):
            execute(headers=KEYED)
    return Signal.objects.get()


def _dies(*_, **__):
    raise KeyboardInterrupt


def test_soon_after_a_death_the_trade_goes_on_under_its_signal(died, execute):
    body = execute(headers=KEYED).json()
    assert (body["correlation_id"], body["success_count"]) == (str(died.id), 2)
    again = execute(headers=KEYED).json()
    assert ((again["success_count"], again["error_count"]), Order.objects.count()) == ((2, 0), 2)


def test_long_after_it_the_trade_is_given_up(died, execute):
    Signal.objects.update(received_at=timezone.now() - timedelta(seconds=61))
    body = execute(headers=KEYED).json()
    assert (body["status"], body["error_count"], Order.objects.count()) == ("processed", 2, 0)
    assert {row["code"] for row in body["results"]} == {"INTERNAL"}


def test_a_trade_that_nobody_asks_for_again_is_given_up(died):
    assert give_up_abandoned(clock=timezone.now) == 0
    Signal.objects.update(received_at=timezone.now() - timedelta(minutes=3))
    assert [give_up_abandoned(clock=timezone.now) for _ in range(2)] == [1, 0]
    signal = Signal.objects.get(pk=died.id)
    assert (signal.status, signal.error_count, Order.objects.count()) == ("processed", 2, 0)


def test_what_was_at_a_venue_when_it_died_is_not_sent_again(execute, accounts, venue):
    TradingAccount.objects.update(exchange="fake")
    venue.raises = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        execute(headers=KEYED)
    venue.raises = None
    body = execute(headers=KEYED).json()
    assert ([row["status"] for row in body["results"]], len(venue.sent)) == (["unknown", "unknown"], 2)


def test_the_statements_do_not_grow_with_the_accounts(ada, tom, accounts_of, client_of):
    accounts = accounts_of(tom, 30)
    groups = [
        create_group(name=name, created_by=ada, accounts=part)
        for name, part in (("few", accounts[:3]), ("many", accounts[3:]))
    ]
    counts = []
    for group in groups:
        client = client_of(ada)
        with CaptureQueriesContext(connection) as queries:
            told = client.post(f"/api/v1/trading/group/{group.id}/execute", BUY).json()
        counts.append((len(queries), told["error_count"]))
    assert counts[0] == counts[1]
    assert Outcome.objects.filter(status="filled").count() == 30


def test_what_cannot_be_sold_short_is_not(execute):
    Instrument.objects.filter(symbol="BTCUSDT").update(allows_short=False)
    assert {row["code"] for row in execute(side="sell").json()["results"]} == {"SHORTS_NOT_ALLOWED"}
