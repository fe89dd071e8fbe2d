"""The examples of trading/engine/README.md, through orders, fills and the ledger."""

from decimal import Decimal

import pytest

from accounts.figures import figures_of
from accounts.models import TradingAccount
from conftest import NOW
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Order, Position
from trading.services.matching import match

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def trades(still_market, btcusdt):
    """Let the market trade at a price: `trades(52000)`."""

    def trade(price):
        still_market.set("BTCUSDT", str(price))
        quote = Quote(btcusdt.id, *[Decimal(str(price))] * 3, NOW)
        match([PriceRange.of(btcusdt, [quote])], clock=lambda: NOW)

    return trade


def figures(account):
    account.refresh_from_db()
    found = figures_of([account], NOW)[account.id]
    return found.equity, found.margin_used, found.margin_available


def balance():
    return TradingAccount.objects.get().balance


def test_a_long_with_leverage_10(tom, account_of, order_of, trades):
    account = account_of(tom)
    order_of(account, "buy", "0.5", leverage=10)
    trades(52000)
    assert figures(account) == (10995, 2500, 8495)
    order_of(account, "sell", "0.2", leverage=10)
    position = Position.objects.get()
    assert (position.realized_pnl, position.size, position.entry_price) == (400, Decimal("0.3"), 50000)
    assert balance() == Decimal("10392.92")


def test_a_short_that_is_flipped(tom, account_of, order_of, trades):
    account = account_of(tom)
    order_of(account, "sell", "0.2")
    trades(49000)
    order_of(account, "buy", "0.5")
    short, long = Position.objects.order_by("is_open")
    assert (short.realized_pnl, short.fee, short.is_open) == (200, Decimal("3.96"), False)
    assert (long.side, long.size, long.entry_cost) == ("long", Decimal("0.3"), 14700)
    assert balance() == Decimal("10193.1")


def test_a_stop_that_is_gapped_through(tom, account_of, order_of, trades):
    order_of(account_of(tom), "buy", "0.1", stop_loss=Decimal(49000))
    trades(47500)
    stopped = Order.objects.get(origin="stop_loss")
    assert (stopped.average_price, Position.objects.get().realized_pnl) == (47500, -250)
    assert balance() == Decimal("9748.05")


def test_a_close_out(tom, account_of, order_of, trades):
    account = account_of(tom, balance="1000")
    order_of(account, "buy", "0.18", leverage=10)
    assert figures(account)[:2] == (Decimal("998.2"), 900)
    trades("44677.9")
    assert Position.objects.open().exists()
    trades("44677.8")
    assert (Position.objects.get().is_open, balance()) == (False, Decimal("38.5955992"))
