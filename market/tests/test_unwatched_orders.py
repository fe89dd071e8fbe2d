"""An order on a market that nobody watches: its price is fetched first, and goes on being fetched."""

from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import AppError
from market.models import Instrument, PriceInterest
from market.services import quotes as service
from market.tests.bybit_server import says
from trading.models import Order, OrderSide
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
