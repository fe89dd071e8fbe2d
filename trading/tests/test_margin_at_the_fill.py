"""What a resting order opens is asked for its margin once more when the market meets it."""

from decimal import Decimal

import pytest

from accounts.models import TradingAccount
from market.models import Instrument
from trading.models import OrderType, Position

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


def end_of(order):
    order.refresh_from_db()
    return order.status, order.filled_quantity, order.reject_code


def held():
    return list(Position.objects.open().values_list("side", "size"))


@pytest.mark.parametrize("trade", [51000, 53000], ids=["touched", "gapped"])
def test_a_flip_that_lacks_margin_when_it_is_met_only_closes(account, order_of, limit_of, prices, trade):
    order_of(account, "buy", "1")
    flip = limit_of(account, "sell", "1.8", "51000")
    limit_of(account, "sell", "0.1", "60000")
    TradingAccount.objects.update(balance=Decimal(3600))
    prices(trade)
    # 0.8 × 51,000 ÷ 10 = 4,080; 3,600 + 1,000 of profit − 18.36 of fee − 600 for what works are there
    assert (end_of(flip), held()) == (("cancelled", 1, "INSUFFICIENT_MARGIN"), [])
    assert flip.reject_reason == "The order needs 4080 of margin; 3981.64 is available beside what it costs."


def test_a_flip_that_is_covered_when_it_is_met_fills(account, order_of, limit_of, prices):
    order_of(account, "buy", "1")
    flip = limit_of(account, "sell", "1.8", "51000")
    limit_of(account, "sell", "0.1", "60000")
    TradingAccount.objects.update(balance=Decimal("3698.36"))
    prices(51000)
    assert (end_of(flip), held()) == (("filled", Decimal("1.8"), ""), [("short", Decimal("0.8"))])


def test_one_that_would_re_lever_a_position_that_came_meanwhile_fills_nothing(account, order_of, limit_of, prices):
    # 0.01 at 1 × ties up 490; with 1 held at 10 × all of it would: 50,490
    late = limit_of(account, "buy", "0.01", "49000", leverage=1)
    order_of(account, "buy", "1")
    prices(49000)
    assert (end_of(late), held()) == (("cancelled", 0, "INSUFFICIENT_MARGIN"), [("long", 1)])
    assert late.reject_reason == "The order needs 45490 of margin; 3989.902 is available beside what it costs."


def test_one_at_the_leverage_of_the_position_that_came_meanwhile_fills(account, order_of, limit_of, prices):
    late = limit_of(account, "buy", "0.01", "49000")
    order_of(account, "buy", "1")
    prices(49000)
    assert (end_of(late)[0], held()) == ("filled", [("long", Decimal("1.01"))])


# 2 × 49,000 ÷ 10 = 9,800 and 19.6 of fee; 180.4 more are there.
@pytest.mark.parametrize("trades", [(49000,), (45000,), (49000, 60000)], ids=["touched", "gapped", "rebounding"])
def test_an_order_on_all_that_is_there_fills_whatever_the_gap(account, limit_of, prices, trades):
    TradingAccount.objects.update(balance=Decimal("9819.6"))
    placed = limit_of(TradingAccount.objects.get(), "buy", "2", "49000")
    prices(*trades)
    assert end_of(placed) == ("filled", 2, "")


@pytest.mark.parametrize(
    ("trade", "end"),
    [(51000, ("filled", 2, "")), (51001, ("cancelled", 0, "INSUFFICIENT_MARGIN"))],
    ids=["slipped", "gapped"],
)
def test_a_stop_on_all_that_is_there_fills_although_it_slips_and_not_beyond_a_gap(
    account, order_of, prices, trade, end
):
    TradingAccount.objects.update(balance=Decimal("10220.4"))
    placed = order_of(TradingAccount.objects.get(), "buy", "2", order_type=OrderType.STOP, stop_price=Decimal(51000))
    prices(trade)
    assert end_of(placed) == end


def test_an_order_on_all_that_was_there_lacks_what_was_lost_since(account, limit_of, prices):
    placed = limit_of(account, "buy", "2", "49000")
    TradingAccount.objects.update(balance=Decimal("9819.5"))
    prices(49000)
    assert end_of(placed) == ("cancelled", 0, "INSUFFICIENT_MARGIN")


def test_what_the_first_of_a_batch_paid_the_second_has_no_more(account, limit_of, prices):
    # Each 4,900 and 9.8; after the first, 9,819.5 − 9.8 − 4,900 = 4,909.7 are left, and 9.8 of them for the fee
    first, second = (limit_of(account, "buy", "1", "49000", client_order_id=name) for name in "ab")
    TradingAccount.objects.update(balance=Decimal("9819.5"))
    prices(49000)
    assert (end_of(first)[0], end_of(second)) == ("filled", ("cancelled", 0, "INSUFFICIENT_MARGIN"))


def test_fills_that_come_in_parts_are_asked_for_all_that_still_works(account, limit_of, prices):
    Instrument.objects.update(liquidity=Decimal("0.5"))
    TradingAccount.objects.update(balance=Decimal("9819.6"))
    placed = limit_of(TradingAccount.objects.get(), "buy", "2", "49000")
    [prices(49000) for _ in range(4)]
    assert end_of(placed) == ("filled", 2, "")
