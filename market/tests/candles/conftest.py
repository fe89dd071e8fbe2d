"""What the tests of candles share."""

import pytest
import time_machine

from market.candles import coverage
from market.models import Instrument
from market.tests.candles.making import NOW


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    """Rows of another test may have had the same ids."""
    monkeypatch.setattr(coverage, "_remembered", {})


@pytest.fixture
def on_bybit(db):
    """BTCUSDT with its prices taken from Bybit: nothing is computed of it."""
    Instrument.objects.filter(symbol="BTCUSDT").update(source="bybit")
    return Instrument.objects.get(symbol="BTCUSDT")


@pytest.fixture
def time_machine_at():
    """The clock stands still at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield
