"""Strategies of the tests, and who asks for them."""

import pytest
from django.utils import timezone

from conftest import NOW
from core.jobs import running
from core.jobs.running import run_due
from market.models import Instrument
from strategies.services.strategies import create_strategy


@pytest.fixture
def client(client_of, tom):
    """tom over HTTP."""
    return client_of(tom)


@pytest.fixture
def strategy_of(db):
    """Create a strategy: `strategy_of(tom)` crosses two averages."""

    def create(owner, *, name="Trend", rule="sma_cross", **terms):
        return create_strategy(owner=owner, name=name, rule=rule, now=NOW, **terms)

    return create


@pytest.fixture
def run_jobs(monkeypatch):
    """Run the jobs that are due, one after another; no heart beats, which would not see the rows of a test."""
    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 600)
    return lambda: run_due(clock=timezone.now)


@pytest.fixture
def on_bybit(db):
    """BTCUSDT with its prices taken from Bybit: nothing is computed of it, and nothing is stored yet."""
    Instrument.objects.filter(symbol="BTCUSDT").update(source="bybit")
    return Instrument.objects.get(symbol="BTCUSDT")
