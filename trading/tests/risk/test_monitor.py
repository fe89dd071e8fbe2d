"""The risk monitor: what it reads, which alerts it raises and clears, whose switch it turns, what it closes."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from accounts.services.ledger import deposit, withdraw
from accounts.services.trading_accounts import close_account
from conftest import NOW
from core.models import Event
from market.models import Instrument
from trading.decisions import IntentSide
from trading.models import (
    LimitMark,
    Order,
    OrderType,
    Position,
    RiskAlert,
    RiskLimit,
    ScopeType,
    Switch,
    SwitchState,
)
from trading.services.risk.monitor import act_on_breach, read_and_alert, watch
from trading.services.scopes import set_covered_accounts, turn_switch
from trading.tasks import flatten_scope, watch_risk
from trading.tests.risk.conftest import BOT, GROUP, SCOPES
from trading.tests.venue import silent

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

TOGETHER = ["system", "user", "group", "bot", "symbol"]


@pytest.fixture
def look(still_market):
    """Let the monitor do a round: `look()`, `look("45000")` at another price of BTCUSDT, `look(days=1)` a day later."""

    def at(price="", **later):
        if price:
            still_market.set("BTCUSDT", price)
        watch(clock=lambda: NOW + timedelta(**later))

    return at


@pytest.fixture
def long(account, order_of):
    """One BTC, bought at 50,000 for a fee of 10 in the name of the bot: 9,990 of equity, 1 dollar a dollar."""
    order_of(account, "buy", "1", bot_id=BOT)
    return account


def alerts(**facts):
    found = RiskAlert.objects.filter(**facts).order_by("triggered_at", "severity")
    return list(found.values_list("severity", flat=True))


def standing():
    return alerts(cleared_at=None)


def state():
    return Switch.objects.values_list("state", "flattening").get()


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    ("limit_type", "value", "symbol"),
    [("position_size", "60000", "BTCUSDT"), ("exposure", "60000", ""), ("open_positions", "1.2", "")],
)
def test_an_account_near_a_limit_is_told_of_once(long, limit, look, scope, limit_type, value, symbol):
    # 50,000 of 60,000, one of 1.2: a warning
    limit(limit_type, value, scope=scope)
    look()
    look()
    alert = RiskAlert.objects.get()
    assert (alert.scope_type, alert.alert_type) == (scope, f"{limit_type}_warning".upper())
    assert (alert.account_id, alert.symbol) == (long.id, symbol)


@pytest.mark.parametrize(
    ("value", "told"),
    [("62500.01", []), ("62500", ["warning"]), ("52631", ["critical"]), ("50000", ["critical"]), ("49999", ["breach"])],
)
def test_the_thresholds_of_a_limit(long, limit, look, value, told):
    # of 50,000: 80 % of 62,500, 95 % of 52,631.58
    limit("exposure", value)
    look()
    assert standing() == told


def test_thresholds_of_its_own(long, limit, look):
    limit("exposure", "100000", warning_threshold="0.4", critical_threshold="0.5")
    look()
    assert standing() == ["critical"]


def test_what_grows_is_told_step_by_step_and_cleared_the_same_way(long, limit, look):
    limit("exposure", "60000")
    told = [(look(price), standing())[1] for price in ("47000", "48000", "57000", "60001", "57000", "56000", "47000")]
    assert told == [
        *([], ["warning"], ["critical", "warning"], ["breach", "critical", "warning"]),
        *(["critical", "warning"], ["warning"], []),
    ]
    assert len(alerts()) == 3


def test_what_comes_back_is_told_again(long, limit, look):
    limit("exposure", "60000")
    for price in ("50000", "40000", "50000"):
        look(price)
    assert (len(alerts()), standing()) == (2, ["warning"])


@pytest.mark.parametrize("change", [{"enabled": False}, {"limit_value": "99999999"}])
def test_a_limit_that_is_lifted_clears_its_alert(long, limit, look, change):
    limit("exposure", "50000")
    look()
    RiskLimit.objects.update(**change)
    look()
    assert standing() == []


def test_a_limit_that_is_gone_clears_its_alert_and_leaves_it_as_history(long, limit, look):
    limit("exposure", "50000")
    look()
    RiskLimit.objects.get().delete()
    look()
    assert RiskAlert.objects.values_list("limit", "limit_value").get(cleared_at=NOW) == (None, Decimal(50000))


@pytest.mark.parametrize("limit_type", ["order_size", "leverage", "order_rate"])
def test_what_only_an_order_has_is_not_watched(long, limit, look, limit_type):
    limit(limit_type, "0.1")
    look()
    assert alerts() == []


def test_sizes_only_alert(long, limit, look):
    for limit_type in ("position_size", "exposure", "open_positions"):
        limit(limit_type, "0.5")
    look()
    assert (standing(), Switch.objects.count()) == (["breach"] * 3, 0)


@pytest.mark.parametrize("facts", [{"symbol": "ETHUSDT"}, {"scope_type": "user", "scope_id": uuid.uuid4()}])
def test_what_a_limit_does_not_cover_is_not_told(long, limit, look, facts):
    limit("exposure", "1", **facts)
    limit("position_size", "1", **facts)
    look()
    assert alerts() == []


@pytest.mark.parametrize("facts", [{"symbol": "BTCUSDT"}, {"scope": "symbol"}])
def test_only_the_limits_symbol_is_measured(long, order_of, limit, look, facts):
    order_of(long, "sell", "4", instrument=Instrument.objects.get(symbol="ETHUSDT"))  # 10,000 more
    limit("exposure", "60000", **facts)
    limit("open_positions", "1", **facts)
    look()
    assert sorted(RiskAlert.objects.values_list("current_value", flat=True)) == [1, 50000]


def test_each_position_has_its_alert(long, order_of, limit, look):
    order_of(long, "sell", "4", instrument=Instrument.objects.get(symbol="ETHUSDT"))
    limit("position_size", "9000")
    look()
    assert set(RiskAlert.objects.values_list("symbol", "severity")) == {("BTCUSDT", "breach"), ("ETHUSDT", "breach")}


# One BTC from 50,000 down: 400 of 500 is a warning, 475 critical, 500.01 a breach.
DAILY = [("49600.1", []), ("49600", ["warning"]), ("49525", ["critical"]), ("49500", ["critical"])]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("price", "told"), DAILY)
def test_a_daily_loss_near_its_limit(long, limit, look, scope, price, told):
    limit("daily_loss", "500", scope=scope)
    look()
    look(price)
    assert (standing(), Switch.objects.count()) == (told, 0)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("limit_type", "value"), [("daily_loss", "500"), ("drawdown", "5")])
def test_a_loss_beyond_its_limit_halts_its_scope_once(long, limit, look, scope, limit_type, value):
    # 500.1 lost; of 9,990: 5.006 percent
    broken = limit(limit_type, value, scope=scope)
    look()
    look("49499.9")
    look()
    switch = Switch.objects.get()
    assert (switch.scope_type, switch.scope_id, switch.state) == (scope, broken.scope_id, "halted")
    assert (standing(), Position.objects.open().count()) == (["breach"], 1)
    assert switch.reason == RiskAlert.objects.get().message


@pytest.mark.parametrize("scope", SCOPES)
def test_drawdown_is_measured_from_the_best(long, limit, look, scope):
    # from 10,990 down by 549.5: 5 percent of what there was
    limit("drawdown", "5.01", scope=scope)
    for price in ("50000", "51000", "50450.5"):
        look(price)
    assert (standing(), RiskAlert.objects.get().current_value) == (["critical"], Decimal(5))


def test_drawdown_outlives_the_day_and_a_daily_loss_does_not(long, limit, look):
    limit("drawdown", "50", warning_threshold="0.01")
    limit("daily_loss", "5000", warning_threshold="0.01")
    look()
    look("49500")
    assert len(standing()) == 2
    look(days=1)
    assert list(RiskAlert.objects.standing().values_list("limit_type", flat=True)) == ["drawdown"]
    assert LimitMark.objects.values_list("day_pnl", "peak_pnl", "day").get(limit__limit_type="daily_loss") == (
        *(Decimal(-510), Decimal(-10), (NOW + timedelta(days=1)).date()),
    )


def test_a_clock_that_is_behind_begins_no_day(long, limit, look):
    limit("daily_loss", "500")
    look()
    look("49800", days=-1)
    assert LimitMark.objects.get().day_pnl == -10


def test_money_that_comes_and_goes_is_no_profit_and_no_loss(long, limit, look):
    limit("daily_loss", "500")
    limit("drawdown", "5")
    look()
    withdraw(long.id, amount=Decimal(4000), reference="out", now=NOW)
    look()
    deposit(long.id, amount=Decimal(1), reference="in", now=NOW)
    look()
    assert (alerts(), set(LimitMark.objects.values_list("pnl", "peak_pnl"))) == ([], {(Decimal(-10), Decimal(-10))})


def test_a_profit_that_is_taken_is_no_loss(long, limit, look, order_of):
    for scope in SCOPES:
        limit("daily_loss", "500", scope=scope)
    look("60000")
    order_of(long, "sell", "1")
    look()
    assert (alerts(), set(LimitMark.objects.values_list("pnl", flat=True))) == ([], {Decimal(9978)})  # fees 10 + 12


@pytest.mark.parametrize("scope", ["system", "user", "group", "bot"])
def test_the_losses_of_one_are_made_up_by_another(tom, long, account_of, limit, look, order_of, scope):
    other = account_of(tom, name="Other")
    for scope_type, scope_id in ((ScopeType.GROUP, GROUP), (ScopeType.BOT, BOT)):
        set_covered_accounts(scope_type, scope_id, [long.id, other.id])
    order_of(other, "sell", "1")
    limit("daily_loss", "1", scope=scope)
    look()
    look("45000")
    assert alerts() == []


@pytest.mark.parametrize("scope", [ScopeType.GROUP, ScopeType.BOT])
def test_what_an_account_lost_before_it_joined_is_no_loss(tom, long, account_of, order_of, limit, look, scope):
    scope_id = {"group": GROUP, "bot": BOT}[scope]
    late = account_of(tom, name="Late")
    order_of(late, "buy", "1")
    limit("daily_loss", "400", scope=scope)
    limit("drawdown", "3", scope=scope)
    look("49600")
    set_covered_accounts(scope, scope_id, [long.id, late.id])
    look()
    set_covered_accounts(scope, scope_id, [late.id])
    look()
    assert (alerts(severity="breach"), set(LimitMark.objects.values_list("day_pnl", "pnl"))) == ([], {(-410, -410)})


def test_a_deleted_account_takes_no_profit_along(tom, long, account_of, limit, look):
    rich = account_of(tom, name="Rich")
    TradingAccount.objects.filter(pk=rich.pk).update(balance="20000")
    limit("daily_loss", "500", scope="user")
    look()
    TradingAccount.objects.filter(pk=rich.pk).update(deleted_at=NOW)
    look()
    assert (alerts(), LimitMark.objects.get().equity) == ([], 9990)


@pytest.mark.parametrize("scope", [ScopeType.GROUP, ScopeType.BOT])
def test_an_account_that_is_closed_takes_no_profit_out_of_its_scopes(tom, long, account_of, limit, look, scope):
    rich = account_of(tom, name="Rich")
    TradingAccount.objects.filter(pk=rich.pk).update(balance="20000")
    for scope_type, scope_id in ((ScopeType.GROUP, GROUP), (ScopeType.BOT, BOT)):
        set_covered_accounts(scope_type, scope_id, [long.id, rich.id])
    limit("daily_loss", "500", scope=scope)
    look()
    close_account(rich.id, now=NOW)
    look()
    assert (alerts(), LimitMark.objects.values_list("day_pnl", "pnl", "equity").get()) == ([], (-10, -10, 9990))


@pytest.mark.parametrize("scope", SCOPES)
def test_without_a_price_nothing_is_read_and_nothing_changes(long, limit, look, still_market, scope):
    limit("drawdown", "50", scope=scope, warning_threshold="0.01")
    look("49000")
    look("48000")
    before = LimitMark.objects.values().get()
    del still_market.prices["BTCUSDT"]
    look()
    assert (LimitMark.objects.values().get(), standing()) == (before, ["warning"])


def test_more_than_a_column_holds_stops_nobody(tom, long, accounts_of, limit, look):
    accounts_of(tom, 2)
    TradingAccount.objects.exclude(pk=long.pk).update(balance="90000000000")
    limit("daily_loss", "500", scope="user")
    limit("exposure", "50000")
    look()
    assert (standing(), LimitMark.objects.get().equity) == (["critical"], Decimal("92233720368.54775807"))


def told(stream):
    bodies = [event.message for event in Event.objects.filter(stream=stream).order_by("id")]
    facts = [fact for body in bodies for fact in body.get("data", body)["facts"]]
    return [fact["alert_type"] for fact in facts if fact["type"] == "RiskAlertRaised"]


@pytest.mark.parametrize("scope", SCOPES)
def test_alerts_are_told_on_the_stream_of_their_account_or_bot(long, limit, look, scope):
    limit("exposure", "60000", scope=scope)
    limit("daily_loss", "500", scope=scope)
    look()
    look("49400")
    stream = f"bot:{BOT}" if scope == "bot" else f"account:{long.id}"
    others = f"account:{long.id}" if scope == "bot" else f"bot:{BOT}"
    of_scope = ["DAILY_LOSS_BREACH"] if scope in ("account", "bot") else []
    assert (told(stream), told(others)) == (["EXPOSURE_WARNING", *of_scope], [])


def test_a_switch_that_is_stricter_stays(long, limit, look, still_market):
    turn_switch(ScopeType.ACCOUNT, long.id, state=SwitchState.HALTED, reason="Mine.")
    limit("daily_loss", "500", flatten_on_breach=True)
    look()
    still_market.at = NOW - timedelta(hours=1)
    look("49000")
    assert (state(), Position.objects.open().count()) == (("halted", True), 1)
    still_market.at = None
    look()
    assert (state(), Position.objects.open().count()) == (("halted", False), 0)


def test_a_breach_that_two_rounds_found_is_acted_on_once(long, limit, look, still_market):
    limit("daily_loss", "500")
    look()
    still_market.set("BTCUSDT", "49000")
    for breach in read_and_alert(clock=lambda: NOW) * 2:
        act_on_breach(breach, clock=lambda: NOW)
    assert (standing(), state()) == (["breach"], ("halted", False))


def test_a_limit_that_was_lifted_meanwhile_halts_nothing(long, limit, look, still_market):
    limit("daily_loss", "500")
    look()
    still_market.set("BTCUSDT", "49000")
    [breach] = read_and_alert(clock=lambda: NOW)
    RiskLimit.objects.update(enabled=False)
    act_on_breach(breach, clock=lambda: NOW)
    assert (alerts(), Switch.objects.count()) == ([], 0)


def test_who_turns_it_back_is_left_alone_until_it_happens_again(long, limit, look):
    limit("daily_loss", "500")
    look()
    look("49000")
    turn_switch(ScopeType.ACCOUNT, long.id, state=SwitchState.ACTIVE, reason="I know.")
    look("48900")
    assert (state(), standing()) == (("active", False), ["breach"])
    look("50000")
    look("49000")
    assert (state(), len(alerts())) == (("halted", False), 2)


def test_a_switch_never_goes_back_by_itself(long, limit, look):
    limit("daily_loss", "500")
    for price in ("50000", "49000", "50000"):
        look(price)
    look(days=1)
    assert (state(), standing()) == (("halted", False), [])


def test_a_halt_cancels_what_works_and_nothing_that_protects(long, limit, look, order_of):
    rest = {"order_type": OrderType.LIMIT, "price": Decimal(40000)}
    mine, exits = (order_of(long, "buy", "0.01", **rest) for _ in range(2))
    Order.objects.filter(pk=exits.pk).update(origin="stop_loss")
    limit("daily_loss", "500")
    look()
    look("49000")
    assert [Order.objects.get(pk=order.pk).status for order in (mine, exits)] == ["cancelled", "pending"]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("limit_type", "value"), [("daily_loss", "500"), ("drawdown", "5")])
def test_a_breach_that_flattens_closes_all_it_covers(long, order_of, limit, look, scope, limit_type, value):
    order_of(long, "buy", "0.01", order_type=OrderType.LIMIT, price=Decimal(40000), bot_id=BOT)
    limit(limit_type, value, scope=scope, flatten_on_breach=True)
    look()
    look("49400")
    closing = Order.objects.get(origin="flatten")
    assert (closing.side, closing.quantity, closing.reduce_only, closing.status) == ("sell", 1, True, "filled")
    assert (Position.objects.open().count(), state()) == (0, ("halted", False))
    assert Order.objects.filter(status="cancelled").count() == 1


def test_flattening_covers_all_positions_long_and_short(long, order_of, limit, look):
    order_of(long, "sell", "4", instrument=Instrument.objects.get(symbol="ETHUSDT"))
    limit("daily_loss", "500", flatten_on_breach=True)
    look()
    look("49400")
    assert set(Order.objects.filter(origin="flatten").values_list("side", "quantity")) == {("sell", 1), ("buy", 4)}
    assert state() == ("halted", False)


@pytest.mark.parametrize("scope", ["bot", "symbol"])
def test_flattening_leaves_what_the_scope_does_not_cover(long, order_of, limit, look, scope):
    order_of(long, "sell", "4", instrument=Instrument.objects.get(symbol="ETHUSDT"))
    limit("daily_loss", "500", scope=scope, flatten_on_breach=True)
    look()
    look("49400")
    assert Position.objects.open().get().instrument.symbol == "ETHUSDT"
    assert state() == ("halted", False)


def test_what_cannot_be_closed_now_is_closed_when_it_can(long, limit, look, still_market):
    limit("daily_loss", "500", flatten_on_breach=True)
    look()
    still_market.at = NOW - timedelta(hours=1)
    look("49400")
    assert (state(), Position.objects.open().count()) == (("reducing", True), 1)
    still_market.at = None
    look()
    assert (state(), Position.objects.open().count()) == (("halted", False), 0)


def test_a_crash_while_flattening_is_made_up_by_the_next_round(long, limit, look, monkeypatch):
    limit("daily_loss", "500", flatten_on_breach=True)
    look()
    with monkeypatch.context() as broken:
        broken.setattr("trading.services.risk.monitor.go_on_flattening", lambda *_, **__: 1 / 0)
        look("49400")
    assert state() == ("reducing", True)
    look()
    assert (state(), Position.objects.open().count()) == (("halted", False), 0)


def test_one_account_that_fails_does_not_keep_the_others(tom, accounts_of, order_of, look, monkeypatch):
    accounts = accounts_of(tom, 4)
    for account in accounts:
        order_of(account, "buy", "0.01")
    turn_switch(ScopeType.USER, tom.id, state=SwitchState.REDUCING, reason="", flattening=True)
    _fail_on(accounts[2], monkeypatch)
    look()
    assert list(Position.objects.open().values_list("account", flat=True)) == [accounts[2].id]
    assert state() == ("reducing", True)


def _fail_on(account, monkeypatch):
    from trading.services import flatten

    proposal = flatten._proposal

    def fail(run, position, desk, **named):
        return 1 / 0 if position.account_id == account.id else proposal(run, position, desk, **named)

    monkeypatch.setattr(flatten, "_proposal", fail)


def test_a_venue_that_has_not_answered_is_not_asked_twice(on_venue, venue, btcusdt, order_of, look, tom):
    [account] = on_venue(1)
    order_of(account, "buy", "0.01")
    turn_switch(ScopeType.USER, tom.id, state=SwitchState.REDUCING, reason="", flattening=True)
    venue.answers = silent
    look()
    look()
    assert Order.objects.filter(origin="flatten").values_list("status", flat=True).get() == "unknown"
    assert state() == ("reducing", True)


def test_an_account_at_rest_is_flattened_too(long, limit, look):
    TradingAccount.objects.update(is_active=False)
    limit("daily_loss", "500", flatten_on_breach=True)
    look()
    look("49400")
    assert Position.objects.open().count() == 0


def test_resting_orders_that_reduce_stay_while_it_is_reducing(long, order_of, look):
    exits = order_of(long, "sell", "0.5", order_type=OrderType.LIMIT, price=Decimal(60000), reduce_only=True)
    entry = order_of(long, "buy", "0.01", order_type=OrderType.LIMIT, price=Decimal(40000))
    turn_switch(ScopeType.ACCOUNT, long.id, state=SwitchState.REDUCING, reason="")
    look()
    assert [Order.objects.get(pk=order.pk).status for order in (exits, entry)] == ["pending", "cancelled"]


@pytest.mark.slow
def test_a_group_of_a_hundred_is_flat_and_halted_with_one_alert(tom, accounts_of, order_of, btcusdt, send, look, limit):
    accounts = accounts_of(tom, 100)
    set_covered_accounts(ScopeType.GROUP, GROUP, [account.id for account in accounts])
    send(btcusdt, accounts, side=IntentSide.BUY, size="0.1", leverage=10)
    limit("daily_loss", "5000", scope="group", flatten_on_breach=True)
    look()
    look("49400")  # 60 each
    assert (Position.objects.open().count(), Position.objects.count()) == (0, 100)
    assert (state(), alerts()) == (("halted", False), ["breach"])
    assert Order.objects.filter(origin="flatten", status="filled").count() == 100


@pytest.mark.slow
def test_the_statements_of_a_round_do_not_grow(tom, accounts_of, btcusdt, send, limit, look):
    def round_of(accounts):
        set_covered_accounts(ScopeType.GROUP, GROUP, [account.id for account in accounts])
        for limit_type in ("position_size", "exposure", "open_positions", "daily_loss", "drawdown"):
            for scope in SCOPES:
                limit(limit_type, "50", scope=scope, warning_threshold="0.0001")
        with CaptureQueriesContext(connection) as queries:
            look()
        return len(queries)

    accounts = accounts_of(tom, 60)
    send(btcusdt, accounts, side=IntentSide.BUY, size="0.1", leverage=10)
    few, _, many = (round_of(part) for part in (accounts[:2], accounts[2:4], accounts[2:]))
    assert (many, RiskAlert.objects.count() > 1500) == (few, True)
    assert few < 20


def test_the_task_is_a_round(long, limit, still_market):
    limit("exposure", "60000")
    watch_risk()
    assert standing() == ["warning"]


def test_rounds_are_done_every_five_seconds_and_a_late_one_is_dropped(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["watch-risk"]
    assert (entry["task"], entry["options"]) == (watch_risk.name, {"expire_seconds": 5})
    assert entry["schedule"].run_every == timedelta(seconds=5)


def test_a_worker_flattens_what_is_marked_and_nothing_else(long):
    turned = turn_switch(ScopeType.ACCOUNT, long.id, state=SwitchState.REDUCING, reason="")
    flatten_scope(str(turned.pk))
    assert (Position.objects.open().count(), state()) == (1, ("reducing", False))
    turn_switch(ScopeType.ACCOUNT, long.id, state=SwitchState.REDUCING, reason="", flattening=True)
    flatten_scope(str(turned.pk))
    assert (Position.objects.open().count(), state()) == (0, ("halted", False))
