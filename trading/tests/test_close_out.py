"""An account below its maintenance margin is closed out: orders at work first, then positions, largest loss first."""

from decimal import Decimal

import pytest

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from conftest import NOW
from market.models import Instrument
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Order, OrderType, Position
from trading.services.matching import match

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom, balance="1000")


@pytest.fixture
def eth(db):
    return Instrument.objects.get(symbol="ETHUSDT")


@pytest.fixture
def trades_at(still_market):
    """Let an instrument trade at a price, bid and ask alike: `trades_at("BTCUSDT", 46000)`."""

    def trade(symbol, price):
        still_market.set(symbol, str(price))
        instrument = Instrument.objects.get(symbol=symbol)
        quote = Quote(instrument.id, *[Decimal(str(price))] * 3, NOW)
        return match([PriceRange.of(instrument, [quote])], clock=lambda: NOW)

    return trade


def closed_out():
    orders = Order.objects.filter(origin="close_out").order_by("created_at", "instrument__symbol")
    return list(orders.values_list("instrument__symbol", "status"))


# 1,000 − fee 1.8; long 0.18 × 50,000 = 9,000 at 10×; maintenance 0.5 %. Equity 998.2 + 0.18 × (p − 50,000) meets
# 0.005 × 0.18 × p at p = (9,000 − 998.2) ÷ (0.18 × 0.995) = 44,677.83…
def test_a_long_is_closed_out_below_its_maintenance_margin_and_not_before(account, order_of, trades_at):
    order_of(account, "buy", "0.18")
    trades_at("BTCUSDT", "44677.9")
    assert (closed_out(), Position.objects.open().count()) == ([], 1)
    trades_at("BTCUSDT", "44677.8")
    assert (closed_out(), Position.objects.open().count()) == ([("BTCUSDT", "filled")], 0)
    # 998.2 − 0.18 × 5,322.2 − fee 1.608401
    account.refresh_from_db()
    assert (account.balance, reconcile(account).difference) == (Decimal("38.5955992"), 0)


# A short: 998.2 + 0.18 × (50,000 − p) meets 0.005 × 0.18 × p at p = (9,000 + 998.2) ÷ (0.18 × 1.005) = 55,269.2…
def test_a_short_is_closed_out_above(account, order_of, trades_at):
    order_of(account, "sell", "0.18")
    trades_at("BTCUSDT", "55269.2")
    assert closed_out() == []
    trades_at("BTCUSDT", "55269.3")
    assert closed_out() == [("BTCUSDT", "filled")]


def test_the_watch_is_where_hand_reckoning_puts_it(account, order_of):
    order_of(account, "buy", "0.18")
    assert round(Position.objects.get().falls_to, 2) == Decimal("44677.83")


def test_the_largest_loss_goes_first_and_only_as_much_as_is_needed(account, order_of, eth, trades_at):
    # Long 0.1 BTC (5,000) and long 1 ETH (2,500): equity 998.5, needs 37.5; BTC loses 1,000 at 40,000: −1.5 < 32.5
    order_of(account, "buy", "0.1")
    order_of(account, "buy", "1", instrument=eth)
    trades_at("BTCUSDT", 40000)
    assert closed_out()[0] == ("BTCUSDT", "filled")
    # After it −2.3 is left against 12.5 for ETH: that goes too.
    assert [symbol for symbol, _ in closed_out()] == ["BTCUSDT", "ETHUSDT"]
    assert TradingAccount.objects.get().balance < 0


def test_what_suffices_is_left_open(account, order_of, eth, trades_at):
    # BTC at 40,330 loses 967: equity 31.5, needs 20.165 + 12.5. Closed, 30.7 is left against 12.5: ETH stays.
    order_of(account, "buy", "0.1")
    order_of(account, "buy", "1", instrument=eth)
    trades_at("BTCUSDT", 40330)
    assert closed_out() == [("BTCUSDT", "filled")]
    assert list(Position.objects.open().values_list("instrument__symbol", flat=True)) == ["ETHUSDT"]


def test_a_hedge_elsewhere_counts(account, order_of, eth, trades_at, still_market):
    # What BTC loses ETH's short has won before: nothing is closed.
    order_of(account, "buy", "0.1")
    order_of(account, "sell", "1", instrument=eth)
    trades_at("ETHUSDT", 1500)
    trades_at("BTCUSDT", 40000)
    assert (closed_out(), Position.objects.open().count()) == ([], 2)


def test_orders_at_work_are_cancelled_first(account, order_of, trades_at):
    resting = order_of(account, "buy", "0.001", order_type=OrderType.LIMIT, price=Decimal(30000))
    order_of(account, "buy", "0.18")
    trades_at("BTCUSDT", 44000)
    resting.refresh_from_db()
    assert (resting.status, resting.margin, "closed out" in resting.reject_reason) == ("cancelled", 0, True)


def test_a_jump_may_leave_less_than_nothing(account, order_of, trades_at):
    order_of(account, "buy", "0.18")
    trades_at("BTCUSDT", 40000)
    account.refresh_from_db()
    assert (Position.objects.open().count(), account.balance < 0, reconcile(account).difference) == (0, True, 0)


def test_a_stop_loss_saves_from_it(account, order_of, trades_at):
    order_of(account, "buy", "0.18", stop_loss=Decimal(47000))
    trades_at("BTCUSDT", 46900)
    assert (closed_out(), Order.objects.filter(origin="stop_loss").count()) == ([], 1)


def test_what_one_position_earns_moves_the_watch_of_the_other(account, order_of, eth, trades_at):
    order_of(account, "buy", "0.1")
    before = Position.objects.get().falls_to
    order_of(account, "buy", "1", instrument=eth)
    after = Position.objects.get(instrument__symbol="BTCUSDT").falls_to
    assert after > before  # half of what is above the maintenance margin each


def test_an_account_is_looked_at_and_armed_anew(account, order_of, eth, trades_at):
    order_of(account, "buy", "0.1")
    order_of(account, "buy", "1", instrument=eth)
    watch = Position.objects.get(instrument__symbol="BTCUSDT").falls_to
    assert trades_at("BTCUSDT", watch.quantize(Decimal("0.1")) - 1).met == 1
    assert (closed_out(), Position.objects.get(instrument__symbol="BTCUSDT").falls_to < watch) == ([], True)
