"""An exchange that goes away and comes back: what the ticker says, and that nothing trades on an old price."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.errors import AppError
from market.feed import PriceFeed
from market.models import Instrument
from market.tests.bybit_server import says
from trading.models import Order, OrderSide
from trading.services.orders import OrderRequest, place_order

pytestmark = pytest.mark.usefixtures("no_slippage")


class Moment:
    """The desk's clock, moved by the test, the exchange's with it."""

    def __init__(self, exchange):
        self.exchange = exchange
        self.move(datetime(2026, 3, 2, 12, tzinfo=UTC))

    def move(self, to):
        self.now = to
        self.exchange.frozen_at = to.timestamp()

    def pass_seconds(self, seconds):
        self.move(self.now + timedelta(seconds=seconds))

    def __call__(self):
        return self.now


@pytest.fixture
def moment(exchange, monkeypatch, seconds):
    moment = Moment(exchange)
    monkeypatch.setattr("market.api.views.timezone.now", moment)
    return moment


@pytest.fixture
def feed(bybit, on_bybit, wanted, moment):
    return PriceFeed(sources={"bybit": bybit}, candles={}, clock=moment)


@pytest.fixture
def buy(tom, account_of, moment, btcusdt, on_bybit):
    """Buy on the quotes that there are; return the order's status, or the code of the refusal."""
    account = account_of(tom)
    instrument = Instrument.objects.get(pk=btcusdt.pk)

    def order() -> str:
        request = OrderRequest(side=OrderSide.BUY, quantity=Decimal("0.01"), instrument=instrument, leverage=10)
        try:
            return place_order(account, request=request, clock=moment).status
        except AppError as refused:
            return refused.code

    return order


def test_order_fills_at_the_exchanges_ask(feed, buy):
    feed.round()
    assert buy() == "filled"
    assert Order.objects.get().average_price == Decimal("50000.2")


def test_never_quoted_is_a_503_and_trades_nothing(exchange, client, on_bybit, bybit, buy):
    answer = client.get("/api/v1/market/ticker/BTCUSDT")
    assert (answer.status_code, answer.json()["code"]) == (503, "NO_QUOTE")
    assert buy() == "STALE_QUOTE"


def test_outage_shows_the_last_price_and_its_age(exchange, feed, client, moment):
    feed.round()
    exchange.fault = says("<html>", 200)
    moment.pass_seconds(8)
    feed.round()
    body = client.get("/api/v1/market/ticker/BTCUSDT").json()
    assert (body["price"], body["age_seconds"], body["stale"]) == ("50000.1", 8, False)
    moment.pass_seconds(4)
    body = client.get("/api/v1/market/ticker/BTCUSDT").json()
    assert (body["price"], body["age_seconds"], body["stale"]) == ("50000.1", 12, True)


def test_outage_stops_trading_at_the_limit_and_its_end_starts_it(exchange, feed, buy, moment):
    feed.round()
    exchange.fault = says("", 500)
    moment.pass_seconds(10)
    feed.round()
    assert buy() == "filled"
    moment.pass_seconds(1)
    feed.round()
    assert buy() == "STALE_QUOTE"
    exchange.fault = None
    feed.round()
    assert buy() == "filled"


@pytest.mark.parametrize("apart", [-4, 4])
def test_clock_of_the_exchange_that_is_off_by_seconds_changes_nothing(exchange, feed, buy, moment, apart):
    exchange.ahead_seconds = apart
    feed.round()
    moment.pass_seconds(10)
    assert buy() == "filled"
    moment.pass_seconds(1)
    assert buy() == "STALE_QUOTE"


def test_answer_frozen_in_a_cache_is_stale(exchange, feed, buy, moment):
    feed.round()
    frozen = exchange.frozen_at
    moment.pass_seconds(11)
    exchange.frozen_at = frozen
    feed.round()
    assert buy() == "STALE_QUOTE"
