"""Limits of every type in every scope: what just fits is traded, one step more is refused with the limit's code."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from conftest import NOW
from core.errors import AppError
from market.models import Instrument
from trading.decisions import IntentSide
from trading.measures import ON_PROFIT, lost_percent
from trading.models import LimitMark, LimitType, Order, OrderSide, OrderType, Outcome, ScopeType, SwitchState
from trading.selectors.desks import load_desk
from trading.services.plan import make_plan
from trading.services.risk import limits, readings
from trading.services.scopes import turn_switch
from trading.tests.risk.conftest import BOT, SCOPES
from trading.tickets import Proposal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def mark(limit):
    """Set a limit on a loss, with what the monitor found: `mark("daily_loss", "500", pnl="-400")`."""

    def of(limit_type, value, *, pnl, scope="account", day=NOW, equity="10000", peak="0"):
        looked = {"day": day.date(), "day_pnl": 0, "month_pnl": 0, "peak_pnl": peak, "pnl": pnl, "equity": equity}
        return LimitMark.objects.create(limit=limit(limit_type, value, scope=scope), measured_at=day, **looked)

    return of


@pytest.fixture
def buy(account, order_of):
    """Buy BTCUSDT in the name of the bot; return what became of it: the order's status, or the code of the refusal."""

    def place(quantity, **asked):
        before = Order.objects.count()
        try:
            return order_of(account, "buy", quantity, bot_id=BOT, **asked).status
        except AppError as refused:
            assert Order.objects.count() == before
            return refused.code

    return place


@pytest.fixture
def eth():
    return {"instrument": Instrument.objects.get(symbol="ETHUSDT")}


# 50,000 a BTC: what a limit of this value lets through, and what breaks it.
OF_ONE_ORDER = [
    ("position_size", "5000", {"quantity": "0.1"}, {"quantity": "0.101"}),
    ("order_size", "5000", {"quantity": "0.1"}, {"quantity": "0.101"}),
    ("exposure", "5000", {"quantity": "0.1"}, {"quantity": "0.101"}),
    ("leverage", "10", {"quantity": "0.1", "leverage": 10}, {"quantity": "0.1", "leverage": 11}),
]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("limit_type", "value", "fits", "breaks"), OF_ONE_ORDER, ids=lambda each: str(each)[:14])
def test_a_limit_takes_its_value_and_refuses_more(limit, buy, scope, limit_type, value, fits, breaks):
    limit(limit_type, value, scope=scope)
    assert buy(**breaks) == f"{limit_type}_limit".upper()
    assert buy(**fits) == "filled"


@pytest.mark.parametrize("scope", SCOPES)
def test_the_orders_of_a_minute_are_counted(limit, buy, scope):
    limit("order_rate", "2", scope=scope)
    assert [buy("0.01") for _ in range(3)] == ["filled", "filled", "ORDER_RATE_LIMIT"]


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope != "symbol"])
def test_one_more_open_position_than_allowed(limit, buy, eth, scope):
    limit("open_positions", "1", scope=scope)
    assert buy("0.01") == "filled"
    assert buy("1", **eth) == "OPEN_POSITIONS_LIMIT"
    assert buy("0.01") == "filled"  # adds to the one that is there


def test_a_symbol_has_one_position_of_an_account_at_most(limit, buy, eth):
    limit("open_positions", "1", scope="symbol")
    assert (buy("1", **eth), buy("0.01")) == ("filled", "filled")


@pytest.mark.parametrize("scope", ["system", "user", "group", "bot", "symbol"])
@pytest.mark.parametrize(("pnl", "became"), [("-500", "filled"), ("-500.01", "DAILY_LOSS_LIMIT")])
def test_a_daily_loss_of_several_accounts_is_the_monitors_measure(mark, buy, scope, pnl, became):
    mark("daily_loss", "500", pnl=pnl, scope=scope)
    assert buy("0.01") == became


@pytest.mark.parametrize("scope", ["system", "user", "group", "bot", "symbol"])
@pytest.mark.parametrize(("pnl", "became"), [("-1000", "filled"), ("-1000.01", "DRAWDOWN_LIMIT")])
def test_a_drawdown_of_several_accounts_is_the_monitors_measure(mark, buy, scope, pnl, became):
    # 1,000 lost of 9,000 + 1,000: ten percent
    mark("drawdown", "10", pnl=pnl, scope=scope, equity="9000")
    assert buy("0.01") == became


@pytest.mark.parametrize(("price", "became"), [("45000", "filled"), ("44990", "DAILY_LOSS_LIMIT")])
def test_the_daily_loss_of_an_account_is_measured_live(mark, buy, still_market, price, became):
    # 0.1 BTC: a fee of 1 on entry; 5,000 down is 500 more
    buy("0.1")
    mark("daily_loss", "501", pnl="0")
    still_market.set("BTCUSDT", price)
    assert buy("0.001") == became


@pytest.mark.parametrize(("value", "became"), [("5.01", "filled"), ("5", "DRAWDOWN_LIMIT")])
def test_the_drawdown_of_an_account_is_measured_live(mark, buy, still_market, value, became):
    # 501 lost of 9,499 + 501: 5.01 percent
    buy("0.1")
    mark("drawdown", value, pnl="0", equity="1")
    still_market.set("BTCUSDT", "45000")
    assert buy("0.001") == became


def test_money_paid_out_is_no_loss(mark, buy, account):
    mark("daily_loss", "500", pnl="0")
    TradingAccount.objects.update(balance="5000", net_deposits="5000")
    assert buy("0.01") == "filled"


def test_a_loss_nobody_has_looked_at_refuses_nothing(limit, buy):
    limit("daily_loss", "0.01")
    limit("drawdown", "0.01")
    assert (buy("0.1"), buy("0.1")) == ("filled", "filled")


@pytest.mark.parametrize(("day", "became"), [(NOW, "DAILY_LOSS_LIMIT"), (NOW - timedelta(days=1), "filled")])
def test_what_was_lost_yesterday_is_not_lost_today(mark, buy, day, became):
    mark("daily_loss", "500", pnl="-800", scope="group", day=day)
    assert buy("0.01") == became


LOSSES = ["position_size", "order_size", "exposure", "leverage", "open_positions", "order_rate"]


@pytest.mark.parametrize("limit_type", LOSSES)
def test_an_order_that_only_reduces_passes(account, limit, buy, order_of, limit_type):
    buy("0.2")
    limit(limit_type, "0.5")
    assert order_of(account, "sell", "0.1", bot_id=BOT).status == "filled"
    assert buy("0.1") == f"{limit_type}_limit".upper()


@pytest.mark.parametrize("limit_type", ["daily_loss", "drawdown"])
def test_a_loss_lets_reduce(account, mark, buy, order_of, limit_type):
    buy("0.2")
    mark(limit_type, "0.1", pnl="-5000", scope="user")
    assert order_of(account, "sell", "0.1", bot_id=BOT).status == "filled"
    assert buy("0.1") == f"{limit_type}_limit".upper()


@pytest.mark.parametrize("limit_type", LOSSES)
@pytest.mark.parametrize(
    "facts",
    [
        {"enabled": False},
        {"symbol": "ETHUSDT"},
        {"scope_type": "user", "scope_id": uuid.uuid4()},
        {"scope_type": "symbol", "scope_id": uuid.uuid4()},
    ],
)
def test_a_limit_that_does_not_cover_the_order(limit, buy, limit_type, facts):
    limit(limit_type, "0.5", **facts)
    assert buy("0.1") == "filled"


def test_a_bots_limit_does_not_cover_the_accounts_other_orders(account, limit, order_of):
    limit("order_size", "1", scope="bot")
    assert order_of(account, "buy", "0.1").status == "filled"


def test_the_strictest_of_several_scopes_and_types_wins(limit, buy):
    limit("exposure", "9000", scope="system")
    limit("position_size", "8000", scope="group")
    limit("order_size", "2000", scope="user")
    limit("position_size", "4000", scope="symbol")
    assert [buy(size) for size in ("0.05", "0.04", "0.04", "0.01")] == [
        *("ORDER_SIZE_LIMIT", "filled", "filled", "POSITION_SIZE_LIMIT"),
    ]


def test_the_sentence_names_the_strictest_limit_and_its_scope(account, limit, order_of):
    limit("position_size", "4000", scope="user")
    limit("position_size", "3000", scope="group")
    with pytest.raises(AppError, match=r"worth 5000; the limit is 3000 \(scope: group\)"):
        order_of(account, "buy", "0.1")


def test_exposure_sums_up_all_instruments_long_and_short(account, limit, buy, order_of, eth):
    order_of(account, "sell", "2", **eth)  # 5,000
    limit("exposure", "10000")
    assert (buy("0.101"), buy("0.1")) == ("EXPOSURE_LIMIT", "filled")


def test_a_position_without_a_quote_counts_at_cost(account, limit, buy, order_of, eth, still_market):
    order_of(account, "sell", "2", **eth)
    del still_market.prices["ETHUSDT"]
    limit("exposure", "10000")
    assert (buy("0.101"), buy("0.1")) == ("EXPOSURE_LIMIT", "filled")


def resting(price="49000", **asked):
    return {"order_type": OrderType.LIMIT, "price": Decimal(price), **asked}


@pytest.mark.parametrize("limit_type", ["position_size", "exposure"])
def test_what_rests_on_the_same_side_counts_as_if_it_were_filled(account, limit, buy, order_of, limit_type):
    limit(limit_type, "5000")
    assert [buy("0.06", **resting()), buy("0.041", **resting()), buy("0.041")] == [
        *("pending", f"{limit_type}_limit".upper(), f"{limit_type}_limit".upper()),
    ]
    assert buy("0.04") == "filled"
    assert order_of(account, "sell", "0.1", **resting("51000")).status == "pending"


def test_exposure_counts_what_rests_in_other_instruments(account, limit, buy, order_of, eth):
    order_of(account, "sell", "2", **resting("2600", **eth))  # 5,000 at mid
    limit("exposure", "10000")
    assert (buy("0.101"), buy("0.1")) == ("EXPOSURE_LIMIT", "filled")


def test_what_rests_may_become_a_position(account, limit, buy, order_of, eth):
    order_of(account, "sell", "2", **resting("2600", **eth))
    limit("open_positions", "1")
    assert buy("0.1") == "OPEN_POSITIONS_LIMIT"


@pytest.mark.parametrize("facts", [{"symbol": "BTCUSDT"}, {"scope": "symbol"}])
def test_exposure_to_one_symbol_leaves_the_others_out(account, limit, buy, order_of, eth, facts):
    order_of(account, "sell", "2", **eth)
    limit("exposure", "5000", **facts)
    assert (buy("0.101"), buy("0.1")) == ("EXPOSURE_LIMIT", "filled")


@pytest.mark.parametrize("facts", [{"symbol": "BTCUSDT"}, {"scope": "symbol"}])
def test_the_rate_of_one_symbol_leaves_the_others_out(limit, buy, eth, facts):
    limit("order_rate", "1", **facts)
    assert (buy("1", **eth), buy("0.01"), buy("0.01")) == ("filled", "filled", "ORDER_RATE_LIMIT")


def test_orders_of_another_account_do_not_count(tom, account_of, limit, buy, order_of):
    order_of(account_of(tom, name="Other"), "buy", "0.01")
    limit("order_rate", "1", scope="user")
    assert buy("0.01") == "filled"


def test_after_a_minute_there_is_room_again(limit, buy):
    limit("order_rate", "1")
    assert (buy("0.01"), buy("0.01")) == ("filled", "ORDER_RATE_LIMIT")
    Order.objects.update(created_at=NOW - timedelta(minutes=1))
    assert buy("0.01") == "filled"


@pytest.mark.parametrize(
    ("limit_type", "value"), [("order_rate", "1"), ("position_size", "5000"), ("exposure", "5000")]
)
def test_two_orders_of_one_batch_share_what_is_left(account, limit, btcusdt, limit_type, value):
    limit(limit_type, value)
    desk = load_desk([account.id], instruments=[btcusdt], clock=lambda: NOW)
    asked = [Proposal(account.id, btcusdt, OrderSide.BUY, 10, f"no-{n}", Decimal("0.06")) for n in range(2)]
    plan = make_plan(asked, desk)
    assert [ticket.client_order_id for ticket in plan.tickets] == ["no-0"]
    assert [refused.code for refused in plan.refusals] == [f"{limit_type}_limit".upper()]


def test_two_instruments_of_one_batch_are_two_positions(account, limit, btcusdt, eth):
    limit("open_positions", "1")
    desk = load_desk([account.id], instruments=[btcusdt, eth["instrument"]], clock=lambda: NOW)
    both = [
        Proposal(account.id, each, OrderSide.BUY, 10, each.symbol, Decimal(1)) for each in desk.instruments.values()
    ]
    plan = make_plan(both, desk)
    assert (len(plan.tickets), [refused.code for refused in plan.refusals]) == (1, ["OPEN_POSITIONS_LIMIT"])


def test_every_limit_leaves_its_line_in_the_trace(account, btcusdt, limit, mark, send):
    for limit_type in LOSSES:
        limit(limit_type, "10000")
    mark("daily_loss", "500", pnl="0")
    mark("drawdown", "10", pnl="0", scope="group")
    send(btcusdt, [account], side=IntentSide.BUY, size="0.16", leverage=10)
    lines = [line for line in Outcome.objects.get().trace if line["step"] == "limit"]
    assert {(line["limit"], line["scope"], line["measure"], line["verdict"]) for line in lines} == {
        ("position_size", "account", "8000", "warning"),
        ("order_size", "account", "8000", "warning"),
        ("exposure", "account", "8000", "warning"),
        ("leverage", "account", "10", "ok"),
        ("open_positions", "account", "1", "ok"),
        ("order_rate", "account", "1", "ok"),
        ("daily_loss", "account", "0", "ok"),
        ("drawdown", "group", "0", "ok"),
    }


def test_a_limit_that_refuses_stands_in_the_trace_too(account, btcusdt, limit, send):
    limit("order_size", "1000")
    send(btcusdt, [account], side=IntentSide.BUY, size="0.1", leverage=10)
    outcome = Outcome.objects.get()
    assert (outcome.status, outcome.code, outcome.trace[-1]["verdict"]) == ("rejected", "ORDER_SIZE_LIMIT", "breach")


@pytest.mark.parametrize(
    ("peak", "pnl", "equity", "percent"),
    [
        ("0", "0", "10000", "0"),
        ("500", "-500", "9000", "10"),  # 1,000 of 10,000
        ("500", "600", "9000", "0"),
        ("100", "0", "0", "100"),
        ("100", "-50", "-200", "100"),
        ("1", "0", "2", "33.33333333"),
    ],
)
def test_the_drawdown_in_percent(peak, pnl, equity, percent):
    assert lost_percent(Decimal(peak), Decimal(pnl), Decimal(equity)) == Decimal(percent)


@pytest.mark.parametrize(("state", "became"), [("halted", "HALTED"), ("reducing", "HALTED"), ("active", "filled")])
def test_the_switch_of_a_symbol_covers_its_orders(btcusdt, buy, state, became):
    turn_switch(ScopeType.SYMBOL, btcusdt.id, state=SwitchState(state), reason="")
    assert buy("0.1") == became


def test_the_switch_of_a_symbol_leaves_others_alone(btcusdt, buy, eth):
    turn_switch(ScopeType.SYMBOL, btcusdt.id, state=SwitchState.HALTED, reason="")
    assert buy("1", **eth) == "filled"


def test_a_protective_exit_passes_on_an_account_at_rest(account, buy, btcusdt):
    buy("0.2")
    TradingAccount.objects.update(is_active=False)
    desk = load_desk([account.id], instruments=[btcusdt], clock=lambda: NOW)
    exits = Proposal(account.id, btcusdt, OrderSide.SELL, 10, "stop-1", reduce_only=True, protects=True)
    assert [ticket.quantity for ticket in make_plan([exits], desk).tickets] == [Decimal("0.2")]
    assert buy("0.1") == "ACCOUNT_INACTIVE"


@pytest.mark.parametrize("limit_type", ["position_size", "exposure", "open_positions", "leverage", "daily_loss"])
def test_limits_take_no_statement_of_their_own(account, buy, limit, limit_type):
    assert _statements(buy) == _with(limit, limit_type, buy)


def test_a_limit_on_the_rate_takes_one(account, buy, limit):
    assert _statements(buy) + 1 == _with(limit, "order_rate", buy)


def _with(limit, limit_type, buy):
    for scope in SCOPES:
        limit(limit_type, "100000", scope=scope)
    return _statements(buy)


def _statements(buy):
    with CaptureQueriesContext(connection) as queries:
        assert buy("0.01") == "filled"
    return len(queries)


def test_every_limit_is_measured_on_an_order_or_is_a_target():
    assert set(limits._MEASURES) == set(LimitType) - {LimitType.MONTHLY_TARGET}


def test_every_limit_that_holds_after_a_trade_is_read_in_one_way():
    asked_before_only = {LimitType.ORDER_SIZE, LimitType.LEVERAGE, LimitType.ORDER_RATE}
    assert sorted([*ON_PROFIT, *readings._OF_EACH]) == sorted(set(LimitType) - asked_before_only)
