"""An operator chooses where an instrument's prices come from."""

import pytest
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse

from market.models import Instrument


@pytest.fixture
def operator(ada):
    operator = Client()
    operator.force_login(ada)
    return operator


@pytest.fixture
def choose(operator):
    """Post an instrument's page with another source; return the answer."""

    def post(symbol, source):
        instrument = Instrument.objects.get(symbol=symbol)
        address = reverse("admin:market_instrument_change", args=[instrument.pk])
        shown = {name: "" if value is None else value for name, value in model_to_dict(instrument).items()}
        return operator.post(address, {**shown, "source": source})

    return post


def test_a_perpetual_may_take_bybits_prices(choose):
    assert choose("BTCUSDT", "bybit").status_code == 302
    assert Instrument.objects.get(symbol="BTCUSDT").source == "bybit"


def test_and_go_back_to_the_synthetic_market(choose, on_bybit):
    assert choose("BTCUSDT", "synthetic").status_code == 302
    assert Instrument.objects.get(symbol="BTCUSDT").source == "synthetic"


@pytest.mark.parametrize(
    ("symbol", "source", "said"),
    [("EURUSD", "bybit", "no markets of this kind"), ("BTCUSDT", "nowhere", "Select a valid choice")],
)
def test_a_source_that_has_no_such_market_is_refused(choose, symbol, source, said):
    assert said in choose(symbol, source).content.decode()
    assert Instrument.objects.get(symbol=symbol).source == "synthetic"
