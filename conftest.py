"""The cast of the tests, a market that stands still, and a database that is put back after tests that commit."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient

from accounts.models import Role, TradingAccount, User
from accounts.services.sessions import Device, open_session
from accounts.services.trading_accounts import open_account
from config.tests.emptying import Left, put_back, remember
from config.tests.processes import drop_made_databases
from core import limits, waiting
from market import sources
from market.models import Instrument
from market.quotes import Quote
from trading import pricing

PASSWORD = "Correct-horse-7"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PATIENCE_SECONDS = 30

# The same examples in every run, and no wall clock: what fails here fails again, on any machine.
settings.register_profile("desk", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("desk")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and (server_url := os.environ.get("TEST_DATABASE_URL")):
        drop_made_databases(server_url)


@pytest.fixture(autouse=True, scope="session")
def _patient_with_redis() -> None:
    """A machine that stands still for a second is no Redis that is away."""
    limits.ANSWER_SECONDS = waiting.ANSWER_SECONDS = PATIENCE_SECONDS


@pytest.fixture(scope="session")
def left_by_migrate(django_db_setup: None, django_db_blocker: Any) -> Left:
    """What is in the database before any test."""
    with django_db_blocker.unblock():
        return remember()


@pytest.fixture(autouse=True, scope="session")
def _put_back_after_commits(left_by_migrate: Left) -> None:
    """A test that commits leaves the database as `migrate` did, by the shortest way."""

    def teardown(case: TransactionTestCase) -> None:
        put_back(left_by_migrate)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]


def make_user(name: str, role: Role) -> User:
    return User.objects.create_user(name, f"{name}@example.com", PASSWORD, role=role)


@pytest.fixture
def ada(db: None) -> User:
    """The admin."""
    return make_user("ada", Role.ADMIN)


@pytest.fixture
def tom(db: None) -> User:
    """A trader."""
    return make_user("tom", Role.TRADER)


@pytest.fixture
def eve(db: None) -> User:
    """An exporter."""
    return make_user("eve", Role.EXPORTER)


@pytest.fixture
def vic(db: None) -> User:
    """A viewer."""
    return make_user("vic", Role.VIEWER)


@pytest.fixture
def mallory(db: None) -> User:
    """A trader who owns nothing and to whom nothing is shown."""
    return make_user("mallory", Role.TRADER)


@pytest.fixture
def operator(ada: User) -> Client:
    """ada at the console."""
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    """Log a user in over the API's own session and token."""

    def client(user: User) -> APIClient:
        tokens = open_session(user, device=Device(), now=timezone.now())
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
        return api

    return client


@pytest.fixture
def anonymous() -> APIClient:
    """Nobody in particular."""
    return APIClient()


def open_paper(owner: User, *, name: str = "Paper", balance: str = "10000", **kwargs: Any) -> TradingAccount:
    return open_account(owner=owner, name=name, initial_balance=Decimal(balance), now=NOW, **{"seed": 1, **kwargs})


@pytest.fixture
def account_of() -> Callable[..., TradingAccount]:
    """Open a paper account: `account_of(tom)`, `account_of(tom, balance="500")`."""
    return open_paper


class StillMarket:
    """Quotes that stay where a test puts them: bid and ask of a symbol, fresh unless said otherwise."""

    def __init__(self) -> None:
        self.prices: dict[str, tuple[Decimal, Decimal]] = {}
        self.at: datetime | None = None

    @classmethod
    def of_two(cls) -> "StillMarket":
        """BTCUSDT at 50,000, ETHUSDT at 2,500, both sides alike; other symbols have no price."""
        market = cls()
        market.set("BTCUSDT", "50000")
        market.set("ETHUSDT", "2500")
        return market

    def set(self, symbol: str, bid: str, ask: str | None = None) -> None:
        self.prices[symbol] = (Decimal(bid), Decimal(ask or bid))

    def quotes(self, instruments: Sequence[Instrument], *, now: datetime) -> dict[UUID, Quote]:
        found = {}
        for instrument in instruments:
            if instrument.symbol in self.prices:
                bid, ask = self.prices[instrument.symbol]
                found[instrument.id] = Quote(instrument.id, bid, ask, (bid + ask) / 2, self.at or now)
        return found


@pytest.fixture
def still_market(monkeypatch: pytest.MonkeyPatch) -> StillMarket:
    """The market of every order of a test: it moves where the test moves it."""
    market = StillMarket.of_two()
    monkeypatch.setitem(sources.CATALOGUE, "synthetic", market)
    return market


@pytest.fixture
def no_slippage(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Market orders fill at the quote."""
    monkeypatch.setattr(pricing, "SLIPPAGE_PER_UNIT", Decimal(0))
    monkeypatch.setattr(pricing, "NOISE_SPAN", Decimal(0))
    Instrument.objects.update(slippage=0)


@pytest.fixture
def btcusdt(db: None) -> Instrument:
    """The linear perpetual: tick 0.1, lot 0.001."""
    return Instrument.objects.get(symbol="BTCUSDT")


@pytest.fixture
def on_postgresql() -> bool:
    """Whether this run is on PostgreSQL."""
    return connection.vendor == "postgresql"
