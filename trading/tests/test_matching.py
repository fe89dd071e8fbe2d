"""Resting orders are filled, and positions taken out at their exits, by the prices that meet them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import TradingAccount
from accounts.selectors.ledger import reconcile
from conftest import NOW
from market.models import Instrument
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Fill, Order, OrderSide, OrderType, Position, TimeInForce
from trading.services.exits import set_exits
from trading.services.matching import match
from trading.services.orders import OrderRequest, place_order

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

LIMIT, STOP, STOP_LIMIT = OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def stop_of(order_of):
    """Place a stop order: `stop_of(account, "sell", "0.1", "49000")`."""

    def place(account, side, quantity, stop_price, **asked):
        asked = {"order_type": STOP, **asked}
        return order_of(account, side, quantity, stop_price=Decimal(stop_price), **asked)

    return place


def order(placed):
    placed.refresh_from_db()
    return placed.status, placed.average_price


def held():
    return list(Position.objects.open().values_list("side", "size", "entry_cost"))


def waits():
    return [Order.objects.exclude(falls_to=None, rises_to=None).count(), Position.objects.filter(is_open=False).count()]


@pytest.mark.parametrize(("side", "price", "paid"), [("buy", "51000", 50000), ("sell", "49000", 50000)])
def test_a_limit_that_the_market_meets_is_filled_at_the_market(account, limit_of, side, price, paid):
    assert order(limit_of(account, side, "0.1", price)) == ("filled", paid)


@pytest.mark.parametrize(("side", "price", "trades"), [("buy", "49000", (49500, 48900)), ("sell", "51000", (51200,))])
def test_a_limit_rests_and_is_filled_at_its_price_when_the_market_trades_through(
    account, limit_of, prices, side, price, trades
):
    placed = limit_of(account, side, "0.1", price)
    assert order(placed) == ("pending", None)
    prices(*trades)
    assert order(placed) == ("filled", Decimal(price))
    assert reconcile(account).difference == 0


def test_a_limit_that_the_market_does_not_reach_waits_on(account, limit_of, prices):
    placed = limit_of(account, "buy", "0.1", "49000")
    prices(50000, "49000.1")
    assert order(placed) == ("pending", None)
    assert not Fill.objects.exists()


@pytest.mark.parametrize(("side", "stop", "trades", "paid"), [
    ("buy", "51000", (50500, 51100), 51000),
    ("buy", "51000", (52000,), 52000),
    ("sell", "49000", (49500, 48500), 49000),
    ("sell", "49000", (48000, 48500), 48000),
], ids=["reached", "gap", "reached down", "gap down"])  # fmt: skip
def test_a_stop_is_filled_at_its_price_or_at_the_first_beyond_a_gap(account, stop_of, prices, side, stop, trades, paid):
    placed = stop_of(account, side, "0.1", stop)
    prices(*trades)
    assert order(placed) == ("filled", paid)
    assert placed.triggered_at == NOW


def test_a_stop_limit_rests_at_its_limit_once_its_stop_is_reached(account, stop_of, prices):
    placed = stop_of(account, "buy", "0.1", "51000", order_type=STOP_LIMIT, price=Decimal(50500))
    prices(51200)
    assert (order(placed), placed.falls_to, placed.rises_to) == (("pending", None), 50500, None)
    prices(50400)
    assert order(placed) == ("filled", 50500)


def test_a_stop_limit_whose_limit_is_met_at_the_stop_is_filled_there(account, stop_of, prices):
    placed = stop_of(account, "buy", "0.1", "51000", order_type=STOP_LIMIT, price=Decimal(51500))
    prices(51200)
    assert order(placed) == ("filled", 51200)


@pytest.mark.parametrize("condition", [TimeInForce.IOC, TimeInForce.FOK])
def test_what_may_not_rest_expires_unfilled(account, limit_of, condition):
    assert order(limit_of(account, "buy", "0.1", "49000", time_in_force=condition)) == ("expired", None)
    assert waits()[0] == 0


@pytest.mark.parametrize("condition", TimeInForce.values)
def test_a_stop_waits_whatever_its_time_in_force(account, stop_of, prices, condition):
    placed = stop_of(account, "buy", "0.1", "51000", time_in_force=condition)
    assert (order(placed), placed.rises_to) == (("pending", None), 51000)
    prices(50900)
    assert order(placed) == ("pending", None)
    prices(51200)
    assert order(placed) == ("filled", 51200)


@pytest.mark.parametrize(("condition", "filled"), [(TimeInForce.IOC, "0.04"), (TimeInForce.FOK, 0)])
def test_a_stop_that_may_not_rest_ends_where_it_is_reached(account, stop_of, prices, btcusdt, condition, filled):
    Instrument.objects.update(liquidity=Decimal("0.04"))
    placed = stop_of(account, "buy", "0.1", "51000", time_in_force=condition)
    prices(51200)
    assert (order(placed)[0], placed.filled_quantity) == ("expired", Decimal(filled))
    assert waits()[0] == 0


@pytest.mark.parametrize("condition", [TimeInForce.IOC, TimeInForce.FOK])
def test_a_stop_limit_that_may_not_rest_ends_where_its_limit_is_not_met(account, stop_of, prices, condition):
    limit = {"order_type": STOP_LIMIT, "price": Decimal(50500), "time_in_force": condition}
    placed = stop_of(account, "buy", "0.1", "51000", **limit)
    assert order(placed) == ("pending", None)
    prices(51200)
    assert order(placed) == ("expired", None)


@pytest.mark.parametrize(
    ("condition", "status", "filled"),
    [
        (TimeInForce.GTC, "partially_filled", "0.04"),
        (TimeInForce.IOC, "expired", "0.04"),
        (TimeInForce.FOK, "expired", 0),
    ],
)
@pytest.mark.parametrize("asked", [{}, {"order_type": LIMIT, "price": Decimal(51000)}], ids=["market", "limit"])
def test_a_quote_fills_no_more_than_there_is(account, order_of, btcusdt, asked, condition, status, filled):
    btcusdt.liquidity = Decimal("0.04")
    placed = order_of(account, "buy", "0.1", time_in_force=condition, **asked)
    assert (placed.status, placed.filled_quantity) == (status, Decimal(filled))


def test_what_is_left_of_an_order_goes_on_with_the_next_quotes(account, order_of, btcusdt, prices):
    Instrument.objects.update(liquidity=Decimal("0.04"))
    placed = order_of(account, "buy", "0.1", instrument=Instrument.objects.get(pk=btcusdt.pk))
    prices(50100)
    assert (order(placed)[0], placed.filled_quantity) == ("partially_filled", Decimal("0.08"))
    prices(50200)
    # 0.04 × 50,000 + 0.04 × 50,100 + 0.02 × 50,200 = 5,008
    assert (order(placed), placed.filled_cost) == (("filled", 50080), 5008)
    assert held() == [("long", Decimal("0.1"), 5008)]


def test_what_is_left_of_a_limit_that_took_takes_what_is_quoted(account, order_of, btcusdt, prices):
    Instrument.objects.update(liquidity=Decimal("0.04"))
    asked = {"order_type": LIMIT, "price": Decimal(60000), "instrument": Instrument.objects.get(pk=btcusdt.pk)}
    placed = order_of(account, "buy", "0.08", **asked)
    prices(50100)
    # 0.04 × 50,000 + 0.04 × 50,100
    assert (order(placed), placed.filled_cost) == (("filled", 50050), 4004)


@pytest.mark.parametrize(
    ("side", "exits", "trades", "origin", "price"),
    [
        ("buy", {"stop_loss": "49000"}, (49500, 48900), "stop_loss", 49000),
        ("buy", {"stop_loss": "49000"}, (48000,), "stop_loss", 48000),
        ("buy", {"take_profit": "51000"}, (52000,), "take_profit", 51000),
        ("buy", {"stop_loss": "49000", "take_profit": "51000"}, (50000, 51500, 48500), "stop_loss", 49000),
        ("buy", {"stop_loss": "49000", "take_profit": "51000"}, (51500, 48500), "take_profit", 51000),
        ("sell", {"stop_loss": "51000"}, (51500,), "stop_loss", 51500),
        ("sell", {"take_profit": "49000"}, (50000, 48000), "take_profit", 49000),
    ],
    ids=["stop", "gap", "target", "both: the worse", "target first", "short stopped", "short won"],
)
def test_a_position_is_taken_out_at_its_exit(account, order_of, prices, side, exits, trades, origin, price):
    order_of(account, side, "0.1", **{name: Decimal(value) for name, value in exits.items()})
    prices(*trades)
    taken = Order.objects.exclude(origin="request").get()
    assert (taken.origin, taken.status, taken.average_price, taken.reduce_only) == (origin, "filled", price, True)
    assert (held(), reconcile(account).difference) == ([], 0)


def test_exits_come_with_the_fill_of_a_resting_order(account, limit_of, prices):
    limit_of(account, "buy", "0.1", "49000", stop_loss=Decimal(48000))
    prices(48900)
    assert Position.objects.get().stop_loss == 48000
    prices(47900)
    assert held() == []


def test_what_reduces_only_is_clamped_to_what_is_held_by_then(account, order_of, limit_of, prices):
    order_of(account, "buy", "0.1")
    resting = limit_of(account, "sell", "0.1", "51000", reduce_only=True)
    order_of(account, "sell", "0.06")
    prices(51000)
    assert (order(resting)[0], resting.filled_quantity, held()) == ("cancelled", Decimal("0.04"), [])


def test_what_has_nothing_left_to_reduce_is_cancelled(account, order_of, limit_of, prices):
    order_of(account, "buy", "0.1")
    resting = limit_of(account, "sell", "0.1", "51000", reduce_only=True)
    order_of(account, "sell", "0.1")
    prices(51000)
    assert (order(resting), held()) == (("cancelled", None), [])
    assert "no position left" in resting.reject_reason


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (TradingAccount, {"is_active": False}),
        (TradingAccount, {"max_leverage": 5}),
        (Instrument, {"status": "suspended"}),
        (Instrument, {"allows_short": False}),
    ],
    ids=str,
)
def test_what_may_open_nothing_by_now_only_reduces(account, order_of, limit_of, prices, model, changes):
    order_of(account, "buy", "0.04")
    resting = limit_of(account, "sell", "0.1", "51000")
    model.objects.update(**changes)
    prices(51000)
    assert (order(resting)[0], resting.filled_quantity, held()) == ("cancelled", Decimal("0.04"), [])


def test_a_stale_price_meets_nothing(account, limit_of, btcusdt):
    placed = limit_of(account, "buy", "0.1", "49000")
    old = Quote(btcusdt.id, *[Decimal(48000)] * 3, NOW - timedelta(minutes=1))
    assert match([PriceRange.of(btcusdt, [old])], clock=lambda: NOW).met == 0
    assert order(placed) == ("pending", None)


class TestCandles:
    """A candle went from 50,000 down to 48,900, up to 51,100 and closed at 50,200."""

    @pytest.fixture
    def candle(self, btcusdt):
        """Let one close that began so many seconds after all was placed: `candle(0)`; before it: `candle(-1)`."""

        def close(after):
            opened_at, closed_at = NOW + timedelta(seconds=after), NOW + timedelta(seconds=after + 60)
            prices = tuple(map(Decimal, (50000, 51100, 48900, 50200)))
            candle = PriceRange.of_candle(btcusdt, prices=prices, opened_at=opened_at, closed_at=closed_at)
            return match([candle], clock=lambda: closed_at)

        return close

    def test_it_meets_what_its_range_does(self, account, limit_of, candle):
        placed = limit_of(account, "buy", "0.1", "49000")
        candle(0)
        assert order(placed) == ("filled", 49000)

    def test_an_order_that_came_in_the_middle_of_it_is_not_filled_by_its_low(self, account, limit_of, candle):
        placed = limit_of(account, "buy", "0.1", "49000")
        assert candle(-1).met == 0
        assert order(placed) == ("pending", None)

    def test_a_stop_that_came_in_the_middle_of_it_is_not_triggered_by_its_high(self, account, stop_of, candle):
        placed = stop_of(account, "buy", "0.1", "51000")
        assert candle(-1).met == 0
        assert order(placed) == ("pending", None)

    def test_a_position_that_was_opened_in_the_middle_of_it_is_not_taken_out_by_it(self, account, order_of, candle):
        order_of(account, "buy", "0.1", stop_loss=Decimal(49000), take_profit=Decimal(51000))
        assert (candle(-1).met, len(held())) == (0, 1)

    def test_of_a_position_from_before_the_stop_loss_comes_first(self, account, order_of, candle):
        order_of(account, "buy", "0.1", stop_loss=Decimal(49000), take_profit=Decimal(51000))
        candle(0)
        assert (held(), Order.objects.get(side="sell").origin) == ([], "stop_loss")

    def test_exits_that_were_set_in_the_middle_of_it_wait_for_the_next(self, account, order_of, candle):
        order_of(account, "buy", "0.1")
        later = NOW + timedelta(seconds=30)
        set_exits(account, Position.objects.get().id, exits={"stop_loss": Decimal(49000)}, clock=lambda: later)
        assert (candle(0).met, len(held())) == (0, 1)
        candle(60)
        assert held() == []

    def test_what_grew_in_the_middle_of_it_is_not_closed_out_by_its_low(
        self, account, order_of, limit_of, candle, btcusdt
    ):
        order_of(account, "buy", "4", leverage=100)
        limit_of(account, "buy", "0.1", "49900", leverage=100)
        more = OrderRequest(instrument=btcusdt, side=OrderSide.BUY, quantity=Decimal(5), leverage=100)
        place_order(account, request=more, clock=lambda: NOW + timedelta(seconds=30))
        assert candle(0).met == 1
        assert held()[0][1] == Decimal("9.1")

    def test_told_twice_it_fills_nothing_twice(self, account, limit_of, candle):
        limit_of(account, "buy", "0.1", "49000")
        limit_of(account, "sell", "0.1", "51000")
        candle(0)
        found = list(Fill.objects.values_list("id", flat=True))
        assert (candle(0).met, list(Fill.objects.values_list("id", flat=True))) == (0, found)

    def test_what_is_left_of_an_order_is_not_met_by_the_candle_of_the_quote_that_filled_it(
        self, account, order_of, candle, btcusdt
    ):
        Instrument.objects.update(liquidity=Decimal("0.04"))
        scarce = Instrument.objects.get(pk=btcusdt.pk)
        placed = order_of(account, "buy", "0.1", order_type=LIMIT, price=Decimal(49000), instrument=scarce)
        later = NOW + timedelta(seconds=30)
        match([PriceRange.of(scarce, [Quote(scarce.id, *[Decimal(48900)] * 3, later)])], clock=lambda: later)
        assert (candle(0).met, order(placed)[0], placed.filled_quantity) == (0, "partially_filled", Decimal("0.04"))

    def test_a_stop_loss_does_not_take_out_what_was_added_in_the_middle_of_it(self, account, order_of, candle, btcusdt):
        order_of(account, "buy", "0.1", stop_loss=Decimal(49000))
        more = OrderRequest(instrument=btcusdt, side=OrderSide.BUY, quantity=Decimal("0.1"), leverage=10)
        place_order(account, request=more, clock=lambda: NOW + timedelta(seconds=30))
        assert (candle(0).met, held()[0][1]) == (0, Decimal("0.2"))


def test_one_batch_fills_the_orders_of_many_accounts(tom, accounts_of, limit_of, prices):
    accounts = accounts_of(tom, 3)
    [limit_of(account, "buy", "0.1", "49000") for account in accounts]
    assert prices(48000).met == 3
    assert set(Order.objects.values_list("status", flat=True)) == {"filled"}
    assert {reconcile(account).difference for account in TradingAccount.objects.all()} == {0}
