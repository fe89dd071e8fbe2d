"""Sizes of signals: how much each way of saying it comes to, rounded down to the lot."""

from decimal import Decimal

import pytest

from trading.decisions import IntentSide
from trading.models import Order, Outcome

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def quantity(tom, account_of, btcusdt, send):
    """Send a signal to an account of 10,000 with BTC at 50,000; return the quantity, or the code of the refusal."""

    def traded(size, side="buy", *, leverage=5, accounts=None, **asked):
        accounts = accounts or [account_of(tom)]
        signal = send(btcusdt, accounts, side=IntentSide(side), size=size, leverage=leverage, **asked)
        order = Order.objects.filter(signal=signal).order_by("leg").last()
        return str(order.quantity.normalize()) if order else Outcome.objects.get(signal=signal).code

    return traded


@pytest.mark.parametrize(
    ("size", "asked", "traded"),
    [
        ("0.1", {}, "0.1"),
        ("0.1239", {}, "0.123"),  # down to the lot of 0.001
        ("0.0019", {}, "0.001"),
        ("0.0009", {}, "BELOW_MINIMUM"),
        ("100 USDT", {}, "0.002"),  # 100 ÷ 50,000
        ("149.99 USDT", {}, "0.002"),  # 0.0029998
        ("150 USDT", {}, "0.003"),
        ("$150", {}, "0.003"),
        ("150 USDC", {}, "0.003"),  # at par
        ("49 USDT", {}, "BELOW_MINIMUM"),
        ("100 EUR", {}, "CURRENCY_MISMATCH"),
        ("10%", {}, "0.1"),  # 10,000 × 10 % × 5 ÷ 50,000
        ("10%", {"leverage": 1}, "0.02"),
        ("33.33%", {"leverage": 1}, "0.066"),  # 0.06666
        ("95%", {"leverage": 100}, "19"),
        ("100%", {}, "INSUFFICIENT_MARGIN"),  # all of it is margin, nothing left for the fee
        ("risk 1%", {"stop_loss": "2%"}, "0.1"),  # 100 ÷ (50,000 − 49,000)
        ("risk 1%", {"stop_loss": "49500"}, "0.2"),  # 100 ÷ 500
        ("risk 0.5%", {"stop_loss": "49000"}, "0.05"),
        ("risk 1%", {"stop_loss": "1.7%"}, "0.117"),  # 100 ÷ 850 = 0.1176…
        ("risk 1%", {}, "NO_STOP_LOSS"),
        ("risk 1%", {"take_profit": "2%"}, "NO_STOP_LOSS"),
        ("risk 1%", {"stop_loss": "51000"}, "INVALID_STOP_LOSS"),
        ("risk 50%", {"stop_loss": "0.1%"}, "INSUFFICIENT_MARGIN"),  # 100 BTC
        ("", {}, "NO_SIZE"),
    ],
)
def test_a_buy(quantity, size, asked, traded):
    assert quantity(size, **asked) == traded


@pytest.mark.parametrize(
    ("size", "asked", "traded"),
    [
        ("0.1239", {}, "0.123"),
        ("10%", {}, "0.1"),
        ("risk 1%", {"stop_loss": "2%"}, "0.1"),  # the stop of a short lies above: 51,000
        ("risk 1%", {"stop_loss": "49000"}, "INVALID_STOP_LOSS"),
    ],
)
def test_a_sell(quantity, size, asked, traded):
    assert quantity(size, "sell", **asked) == traded


@pytest.mark.parametrize(("side", "traded"), [("buy", "0.002"), ("sell", "0.002")])
def test_an_amount_is_counted_at_the_price_of_its_side(quantity, still_market, side, traded):
    # 100 ÷ 50,100 = 0.00199… would be 0.001 at the other side's price
    still_market.set("BTCUSDT", "50000", "50000" if side == "buy" else "50100")
    assert quantity("100 USDT", side) == traded


def test_an_amount_is_never_counted_at_the_better_price(quantity, still_market):
    still_market.set("BTCUSDT", "49900", "50100")
    assert quantity("100 USDT") == "0.001"


def test_a_share_of_equity_counts_the_open_profit(tom, account_of, quantity, order_of, still_market, request):
    # long 4 ETH from 2,500 to 2,750: 10,000 − 2 + 1,000 = 10,998; 10 % of it × 5 ÷ 50,000 = 0.10998
    account = account_of(tom)
    eth = request.getfixturevalue("ethusdt")
    order_of(account, "buy", "4", instrument=eth)
    still_market.set("ETHUSDT", "2750")
    assert quantity("10%", accounts=[account]) == "0.109"


@pytest.fixture
def ethusdt(db):
    from market.models import Instrument

    return Instrument.objects.get(symbol="ETHUSDT")


def test_a_close_needs_no_size_and_takes_all(tom, account_of, quantity, order_of):
    account = account_of(tom)
    order_of(account, "buy", "0.137")
    assert quantity("", "close", accounts=[account]) == "0.137"


def test_each_account_is_sized_by_its_own_equity(tom, account_of, btcusdt, send):
    accounts = [account_of(tom, balance=balance) for balance in ("10000", "25000", "100")]
    send(btcusdt, accounts, side=IntentSide.BUY, size="10%", leverage=5)
    quantities = set(Order.objects.values_list("quantity", flat=True))
    assert quantities == {Decimal("0.1"), Decimal("0.25"), Decimal("0.001")}


def test_the_trace_tells_the_arithmetic(quantity):
    quantity("10%")
    steps = {line["step"]: line for line in Outcome.objects.get().trace}
    assert (steps["equity"]["equity"], steps["equity"]["share"]) == ("10000", "0.1")
    assert (steps["size"]["computed"], steps["size"]["lot"], steps["size"]["quantity"]) == ("0.1", "0.001", "0.1")
    assert (steps["margin"]["required"], steps["margin"]["available"]) == ("1000", "9999")
