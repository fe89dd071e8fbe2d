"""The pre-trade checks: each refuses with its code and leaves no row, and each lets through what is just right."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import TradingAccount
from conftest import NOW
from core.errors import AppError
from market.models import Instrument
from trading.decisions import IntentSide
from trading.models import LimitType, Order, OrderSide, Outcome, Position, RiskLimit, ScopeType, SwitchState
from trading.selectors.desks import load_desk
from trading.services.plan import make_plan
from trading.services.scopes import set_covered_accounts, turn_switch
from trading.sizes import Distance
from trading.tickets import Proposal

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

GROUP, BOT = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def refusal(order_of):
    """Place an order that must be refused; return the code. Nothing may be left behind."""

    def refuse(account, side, quantity, **asked):
        before = (Order.objects.count(), Position.objects.count())
        with pytest.raises(AppError) as refused:
            order_of(account, side, quantity, **asked)
        assert (Order.objects.count(), Position.objects.count()) == before
        return refused.value.code

    return refuse


def instrument(**changes):
    Instrument.objects.filter(symbol="BTCUSDT").update(**changes)
    return {"instrument": Instrument.objects.get(symbol="BTCUSDT")}


def test_margin_and_fee_may_take_all_there_is(account, order_of):
    # 1.996 × 50,000 = 99,800: margin 9,980 + fee 19.96 = 9,999.96 of 10,000
    assert order_of(account, "buy", "1.996").status == "filled"


def test_one_lot_more_is_insufficient_margin(account, refusal):
    # 1.997 × 50,000 = 99,850: margin 9,985 + fee 19.97 = 10,004.97
    assert refusal(account, "buy", "1.997") == "INSUFFICIENT_MARGIN"


def test_the_margin_of_other_positions_is_not_free(account, order_of, refusal):
    # 1 BTC at leverage 10 ties up 5,000 and costs 10: 4,990 are left, and 1 more needs 5,000 + 10
    order_of(account, "buy", "1")
    eth = Instrument.objects.get(symbol="ETHUSDT")
    assert refusal(account, "buy", "20", instrument=eth) == "INSUFFICIENT_MARGIN"
    assert order_of(account, "buy", "19", instrument=eth).status == "filled"


def test_a_loss_that_is_open_is_not_free(account, order_of, refusal, still_market):
    # 1 BTC from 50,000 to 48,000 loses 2,000: of 9,990 remain 7,990 less 5,000 of margin
    order_of(account, "buy", "1")
    still_market.set("BTCUSDT", "48000")
    eth = Instrument.objects.get(symbol="ETHUSDT")
    assert refusal(account, "buy", "12", instrument=eth) == "INSUFFICIENT_MARGIN"  # 3,000 + 6
    assert order_of(account, "buy", "11", instrument=eth).status == "filled"  # 2,750 + 5.5


def test_turning_a_position_around_frees_its_margin_first(account, order_of):
    # long 1.9 ties up 9,500 of 9,981; selling 3.8 closes it and opens as much short
    order_of(account, "buy", "1.9")
    assert order_of(account, "sell", "3.8").status == "filled"
    assert Position.objects.open().get().side == "short"


def test_turning_around_into_more_than_there_is_money_for_is_refused(account, order_of, refusal):
    order_of(account, "buy", "1.9")
    assert refusal(account, "sell", "4") == "INSUFFICIENT_MARGIN"
    assert Position.objects.open().get().side == "long"


def test_an_order_that_only_reduces_needs_no_margin(account, order_of, still_market):
    order_of(account, "buy", "1.996")
    still_market.set("BTCUSDT", "45000")
    assert order_of(account, "sell", "1").status == "filled"


@pytest.mark.parametrize(("most", "leverage"), [(5, 6), (1, 2), (100, 101)])
def test_more_leverage_than_the_account_allows(account, refusal, most, leverage):
    TradingAccount.objects.update(max_leverage=most)
    assert refusal(account, "buy", "0.001", leverage=leverage) == "LEVERAGE_TOO_HIGH"


def test_more_leverage_than_the_instrument_allows(account, order_of, refusal):
    changed = instrument(max_leverage=20)
    assert refusal(account, "buy", "0.001", leverage=21, **changed) == "LEVERAGE_TOO_HIGH"
    assert order_of(account, "buy", "0.001", leverage=20, **changed).leverage == 20


def test_a_position_can_be_closed_at_a_leverage_that_was_lowered_since(account, order_of):
    order_of(account, "buy", "0.1", leverage=50)
    TradingAccount.objects.update(max_leverage=5)
    assert order_of(account, "sell", "0.1", leverage=50, reduce_only=True).status == "filled"


def test_less_than_the_least_quantity(account, order_of, refusal):
    changed = instrument(min_quantity="0.01")
    assert refusal(account, "buy", "0.009", **changed) == "BELOW_MINIMUM"
    assert order_of(account, "buy", "0.01", **changed).status == "filled"


def test_less_than_the_least_notional(account, order_of, refusal):
    changed = instrument(min_notional="100")
    assert refusal(account, "buy", "0.001", **changed) == "BELOW_MINIMUM"  # worth 50
    assert order_of(account, "buy", "0.002", **changed).status == "filled"


def test_a_position_below_the_minima_can_be_closed(account, order_of):
    order_of(account, "buy", "0.001")
    changed = instrument(min_quantity="1", min_notional="1000")
    assert order_of(account, "sell", "0.001", reduce_only=True, **changed).status == "filled"


@pytest.mark.parametrize("quantity", ["1900000", "92233720368.547"])
def test_a_size_whose_worth_no_column_holds(account, refusal, quantity):
    # 1.9 million × 50,000 = 95 billion, more than 64 bits of 10^-8
    TradingAccount.objects.update(balance="50000000000")
    assert refusal(account, "buy", quantity, leverage=100) == "INVALID_SIZE"


@pytest.mark.parametrize("seconds", [11, 3600, -11])
def test_a_quote_that_is_old_or_from_the_future(account, refusal, still_market, seconds):
    still_market.at = NOW - timedelta(seconds=seconds)
    assert refusal(account, "buy", "0.1") == "STALE_QUOTE"


@pytest.mark.parametrize("seconds", [0, 10, -10])
def test_a_quote_that_is_just_young_enough(account, order_of, still_market, seconds):
    still_market.at = NOW - timedelta(seconds=seconds)
    assert order_of(account, "buy", "0.1").status == "filled"


def test_no_quote_at_all(account, refusal):
    assert refusal(account, "buy", "1", instrument=Instrument.objects.get(symbol="SOLUSDT")) == "STALE_QUOTE"


def test_a_stale_quote_closes_nothing_either(account, order_of, refusal, still_market):
    order_of(account, "buy", "0.1")
    still_market.at = NOW - timedelta(seconds=11)
    assert refusal(account, "sell", "0.1", reduce_only=True) == "STALE_QUOTE"


@pytest.mark.parametrize(
    ("change", "code"), [({"is_active": False}, "ACCOUNT_INACTIVE"), ({"deleted_at": NOW}, "NOT_FOUND")]
)
def test_an_account_that_is_not_active_or_not_there(account, refusal, change, code):
    TradingAccount.objects.update(**change)
    assert refusal(account, "buy", "0.1") == code


def test_a_suspended_instrument_opens_nothing_and_closes_what_there_is(account, order_of, refusal):
    order_of(account, "buy", "0.1")
    suspended = instrument(status="suspended")
    assert refusal(account, "buy", "0.1", **suspended) == "INSTRUMENT_SUSPENDED"
    assert order_of(account, "sell", "0.1", reduce_only=True, **suspended).status == "filled"


@pytest.mark.parametrize("currency", ["EUR", "BTC", "usdt"])
def test_an_account_in_another_currency(account, refusal, currency):
    TradingAccount.objects.update(currency=currency)
    assert refusal(account, "buy", "0.1") == "CURRENCY_MISMATCH"


@pytest.mark.parametrize("kind", ["inverse", "option", "index"])
def test_a_kind_that_is_quoted_only(account, refusal, kind):
    assert refusal(account, "buy", "0.1", **instrument(kind=kind)) == "QUOTES_ONLY"


@pytest.mark.parametrize("currency", ["USDT", "USD", "USDC"])
def test_on_paper_the_dollars_are_one_at_par(account, order_of, currency):
    TradingAccount.objects.update(currency=currency)
    assert order_of(account, "buy", "0.1").status == "filled"


def test_on_a_venue_they_are_not(venue, on_venue, refusal):
    [account] = on_venue(1)
    TradingAccount.objects.update(currency="USDC")
    assert refusal(account, "buy", "0.1") == "CURRENCY_MISMATCH"


@pytest.mark.parametrize(
    ("quantity", "held", "code"),
    [("0.1", None, "SHORTS_NOT_ALLOWED"), ("0.3", "0.2", "SHORTS_NOT_ALLOWED"), ("0.2", "0.2", ""), ("0.1", "0.2", "")],
)
def test_selling_what_one_does_not_hold_where_shorts_are_not_allowed(account, order_of, refusal, quantity, held, code):
    changed = instrument(allows_short=False)
    opened = [order_of(account, "buy", held, **changed) for _ in filter(None, [held])]
    sell = refusal if code else order_of
    assert sell(account, "sell", quantity, **changed) == code or len(opened) == 1


@pytest.mark.parametrize(("side", "held"), [("sell", None), ("buy", "buy")])
def test_there_is_nothing_to_reduce(account, order_of, refusal, side, held):
    opened = [order_of(account, held, "0.1") for _ in filter(None, [held])]
    assert refusal(account, side, "0.1", reduce_only=True) == "NOTHING_TO_REDUCE"
    assert len(opened) == Order.objects.count()


SCOPES = ["system", "user", "account", "group", "bot"]


@pytest.fixture
def turn(account):
    """Turn the switch of a scope that covers the account."""
    set_covered_accounts(ScopeType.GROUP, GROUP, [account.id])
    set_covered_accounts(ScopeType.BOT, BOT, [account.id])
    ids = {"system": None, "user": account.owner_id, "account": account.id, "group": GROUP, "bot": BOT}

    def switch(scope, state):
        return turn_switch(ScopeType(scope), ids[scope], state=SwitchState(state), reason="test")

    return switch


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("state", ["halted", "reducing"])
def test_a_halt_of_any_scope_that_covers_the_account(account, refusal, turn, scope, state):
    turn(scope, state)
    assert refusal(account, "buy", "0.1", bot_id=BOT) == "HALTED"


@pytest.mark.parametrize("scope", SCOPES)
def test_a_switch_that_was_turned_back_halts_nothing(account, order_of, turn, scope):
    turn(scope, "halted")
    turn(scope, "active")
    assert order_of(account, "buy", "0.1", bot_id=BOT).status == "filled"


@pytest.mark.parametrize("scope", SCOPES)
def test_reducing_takes_what_reduces_and_only_that(account, order_of, refusal, turn, scope):
    order_of(account, "buy", "0.2")
    turn(scope, "reducing")
    assert refusal(account, "buy", "0.1", bot_id=BOT) == "HALTED"
    assert refusal(account, "sell", "0.3", bot_id=BOT) == "HALTED"
    assert order_of(account, "sell", "0.1", bot_id=BOT).status == "filled"
    assert order_of(account, "sell", "0.1", bot_id=BOT, reduce_only=True).status == "filled"


@pytest.mark.parametrize("scope", SCOPES)
def test_a_halt_takes_not_even_what_reduces(account, order_of, refusal, turn, scope):
    order_of(account, "buy", "0.2")
    turn(scope, "halted")
    assert refusal(account, "sell", "0.1", bot_id=BOT, reduce_only=True) == "HALTED"


def test_a_halted_bot_does_not_halt_the_accounts_other_orders(account, order_of, turn):
    turn("bot", "halted")
    assert order_of(account, "buy", "0.1").status == "filled"
    assert order_of(account, "buy", "0.1", bot_id=uuid.uuid4()).status == "filled"


def test_a_halt_of_somebody_else_does_not_halt(account, mallory, account_of, order_of):
    other = account_of(mallory)
    turn_switch(ScopeType.USER, mallory.id, state=SwitchState.HALTED, reason="")
    turn_switch(ScopeType.ACCOUNT, other.id, state=SwitchState.HALTED, reason="")
    turn_switch(ScopeType.GROUP, GROUP, state=SwitchState.HALTED, reason="")
    assert order_of(account, "buy", "0.1").status == "filled"


@pytest.mark.parametrize("states", [("halted", "reducing"), ("reducing", "halted")])
def test_of_several_switches_the_strictest_wins(account, order_of, refusal, turn, states):
    order_of(account, "buy", "0.2")
    turn("user", states[0])
    turn("group", states[1])
    assert refusal(account, "sell", "0.1", reduce_only=True) == "HALTED"


@pytest.mark.parametrize("state", ["reducing", "halted"])
def test_a_protective_exit_passes_in_every_state(account, order_of, btcusdt, turn, state):
    order_of(account, "buy", "0.2")
    turn("system", state)
    desk = load_desk([account.id], instruments=[btcusdt], clock=lambda: NOW)
    exits = Proposal(account.id, btcusdt, OrderSide.SELL, 10, "stop-1", reduce_only=True, protects=True)
    assert [ticket.quantity for ticket in make_plan([exits], desk).tickets] == [Decimal("0.2")]


def limit(scope, scope_id, value, **facts):
    return RiskLimit.objects.create(
        scope_type=scope, scope_id=scope_id, limit_type=LimitType.POSITION_SIZE, limit_value=value, **facts
    )


def test_the_strictest_of_several_limits_wins(account, order_of, refusal):
    limit("system", None, "20000")
    limit("user", account.owner_id, "4000")
    limit("account", account.id, "10000")
    assert refusal(account, "buy", "0.081") == "POSITION_SIZE_LIMIT"  # 4,050
    assert order_of(account, "buy", "0.08").status == "filled"  # 4,000


@pytest.mark.parametrize("scope", ["group", "bot"])
def test_a_limit_of_a_scope_that_covers_the_account(account, refusal, turn, scope):
    limit(scope, {"group": GROUP, "bot": BOT}[scope], "4000")
    assert refusal(account, "buy", "0.1", bot_id=BOT) == "POSITION_SIZE_LIMIT"


@pytest.mark.parametrize(
    "facts", [{"enabled": False}, {"symbol": "ETHUSDT"}, {"scope_type": "group", "scope_id": uuid.uuid4()}]
)
def test_a_limit_that_does_not_cover_the_order(account, order_of, facts):
    RiskLimit.objects.filter(pk=limit("account", account.id, "1").pk).update(**facts)
    assert order_of(account, "buy", "0.1").status == "filled"


def test_a_limit_of_the_symbol(account, refusal):
    limit("account", account.id, "4000", symbol="BTCUSDT")
    assert refusal(account, "buy", "0.1") == "POSITION_SIZE_LIMIT"


def test_a_limit_measures_the_position_and_not_the_order(account, order_of, refusal):
    limit("account", account.id, "10000")
    order_of(account, "buy", "0.15")  # 7,500
    assert refusal(account, "buy", "0.051") == "POSITION_SIZE_LIMIT"  # 10,050
    assert order_of(account, "sell", "0.35").status == "filled"  # short 0.2: 10,000


@pytest.mark.parametrize(
    ("quantity", "verdict"), [("0.079", "ok"), ("0.08", "warning"), ("0.095", "critical"), ("0.1", "critical")]
)
def test_the_verdict_of_a_limit_stands_in_the_trace(account, btcusdt, send, quantity, verdict):
    # of 5,000: a warning from 4,000 on, critical from 4,750
    limit("account", account.id, "5000")
    send(btcusdt, [account], side=IntentSide.BUY, size=quantity, leverage=10)
    [line] = [line for line in Outcome.objects.get().trace if line["step"] == "limit"]
    assert (line["verdict"], line["value"]) == (verdict, "5000")


@pytest.mark.parametrize(
    ("side", "exits", "code"),
    [
        ("buy", {"stop_loss": "50000"}, "INVALID_STOP_LOSS"),
        ("buy", {"stop_loss": "51000"}, "INVALID_STOP_LOSS"),
        ("sell", {"stop_loss": "49000"}, "INVALID_STOP_LOSS"),
        ("sell", {"stop_loss": "50000"}, "INVALID_STOP_LOSS"),
        ("buy", {"take_profit": "49000"}, "INVALID_TAKE_PROFIT"),
        ("buy", {"take_profit": "50000"}, "INVALID_TAKE_PROFIT"),
        ("sell", {"take_profit": "51000"}, "INVALID_TAKE_PROFIT"),
    ],
)
def test_an_exit_on_the_wrong_side_of_the_entry(account, refusal, side, exits, code):
    assert refusal(account, side, "0.1", **{name: Decimal(price) for name, price in exits.items()}) == code


@pytest.mark.parametrize(
    ("side", "stop_loss", "take_profit"), [("buy", "49999.9", "50000.1"), ("sell", "50000.1", "49999.9")]
)
def test_exits_on_their_own_sides_stand_on_order_and_position(account, order_of, side, stop_loss, take_profit):
    exits = {"stop_loss": Decimal(stop_loss), "take_profit": Decimal(take_profit)}
    order = order_of(account, side, "0.1", **exits)
    position = Position.objects.get()
    assert (order.stop_loss, order.take_profit) == tuple(exits.values())
    assert (position.stop_loss, position.take_profit) == tuple(exits.values())


@pytest.mark.parametrize("distance", ["100%", "150%"])
def test_an_exit_that_lies_at_zero_or_below(account, btcusdt, distance):
    desk = load_desk([account.id], instruments=[btcusdt], clock=lambda: NOW)
    stop = Distance(fraction=Decimal(distance.rstrip("%")) / 100)
    plan = make_plan([Proposal(account.id, btcusdt, OrderSide.BUY, 1, "x", Decimal("0.1"), stop_loss=stop)], desk)
    assert [refusal.code for refusal in plan.refusals] == ["INVALID_STOP_LOSS"]


def test_an_order_that_is_refused_says_why_in_words(account, order_of):
    with pytest.raises(AppError, match="The order needs 50000 of margin; 9900 is available"):
        order_of(account, "buy", "10")  # fee 100
