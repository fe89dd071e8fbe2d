"""An order on a market that nobody watches: its price is fetched first, and goes on being fetched."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import AppError
from market.models import Instrument, LatestQuote, PriceInterest
from market.services import quotes as service
from market.services.quotes import fresh_ticker
from market.tests.bybit_server import says, ticker
from trading.models import Order, OrderSide, OrderType
from trading.services.orders import OrderRequest, place_order
from trading.services.preview import preview_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_asked_yet(monkeypatch):
    monkeypatch.setattr(service, "_fetches", service._Fetches())


@pytest.fixture
def request_(bybit, btcusdt, on_bybit, no_slippage):
    instrument = Instrument.objects.get(symbol="BTCUSDT")
    return OrderRequest(side=OrderSide.BUY, quantity=Decimal("0.01"), instrument=instrument, leverage=10)


def test_the_first_order_fills_at_the_exchanges_price(exchange, request_, tom, account_of):
    order = place_order(account_of(tom), request=request_, clock=timezone.now)
    assert (order.status, Order.objects.get().average_price) == ("filled", Decimal("50000.2"))
    assert PriceInterest.objects.get().instrument_id == request_.instrument.pk


def test_a_preview_sees_the_same_price(exchange, request_, tom, account_of):
    preview = preview_order(account_of(tom), request=request_, clock=timezone.now)
    assert not Order.objects.exists()
    assert preview.error_count == 0


def test_with_the_exchange_down_it_is_refused_as_stale(exchange, request_, tom, account_of):
    exchange.fault = says("<html>")
    with pytest.raises(AppError) as refused:
        place_order(account_of(tom), request=request_, clock=timezone.now)
    assert refused.value.code == "STALE_QUOTE"
    assert not Order.objects.exists()


def test_a_price_that_somebody_looks_at_fills_what_rests_at_it(exchange, request_, tom, account_of, monkeypatch):
    limit = replace(request_, order_type=OrderType.LIMIT, price=Decimal(49000))
    place_order(account_of(tom), request=limit, clock=timezone.now)
    exchange.tickers["linear"][0] = ticker("BTCUSDT", "48000", "48000.1", "48000")
    LatestQuote.objects.update(at=timezone.now() - timedelta(seconds=5))
    monkeypatch.setattr(service, "_fetches", service._Fetches())
    assert fresh_ticker(limit.instrument, clock=timezone.now).price == 48000
    assert Order.objects.get().status == "filled"
