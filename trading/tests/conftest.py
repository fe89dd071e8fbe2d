"""Signals on their way, accounts by the hundred, and a venue that is not paper."""

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest

from accounts.models import TradingAccount, TransferKind, User
from accounts.services.ledger import Entry, post_entries
from conftest import NOW
from core.bulk import insert_rows
from market.models import Instrument
from market.quotes import Quote
from market.ranges import PriceRange
from trading import brokers
from trading.intents import Intent
from trading.models import AccountScope, OrderSide, OrderType, Outcome, ScopeType, Signal, SignalSource
from trading.services.matching import match
from trading.services.orders import OrderRequest, place_order
from trading.services.signals import open_signal, run_signal
from trading.tests.venue import Venue


@pytest.fixture
def opened() -> Callable[..., Signal]:
    """Store a signal that nobody has run yet: `opened(instrument, accounts, side=…)`."""

    def open_one(instrument: Instrument, accounts: list[TradingAccount], *, bot_id=None, **intent: object) -> Signal:
        return open_signal(
            signal_id=uuid.uuid4(),
            source=SignalSource.ALERT,
            intent=Intent(**intent),
            instrument=instrument,
            account_ids=[account.id for account in accounts],
            received_at=NOW,
            bot_id=bot_id,
        )

    return open_one


@pytest.fixture
def send(opened) -> Callable[..., Signal]:
    """Send a signal down the road: `send(instrument, accounts, side=…, size=…)`."""

    def send_one(instrument: Instrument, accounts: list[TradingAccount], **asked: object) -> Signal:
        return run_signal(opened(instrument, accounts, **asked).id, clock=lambda: NOW)

    return send_one


@pytest.fixture
def run_again() -> Callable[[Signal], Signal]:
    """Run a signal once more, as after a crash."""

    def run(signal: Signal) -> Signal:
        Signal.objects.filter(pk=signal.pk).update(status="processing")
        return run_signal(signal.id, clock=lambda: NOW)

    return run


@pytest.fixture
def outcomes() -> Callable[[Signal], list[tuple[str, str]]]:
    """Return status and code of a signal's outcomes, in the order of the accounts' names."""

    def of(signal: Signal) -> list[tuple[str, str]]:
        return list(Outcome.objects.filter(signal=signal).order_by("account__name").values_list("status", "code"))

    return of


@pytest.fixture
def order_of(btcusdt) -> Callable[..., object]:
    """Place a direct order in BTCUSDT: `order_of(account, "buy", "0.1", leverage=10)`. A bot it names trades it."""

    def place(account: TradingAccount, side: str, quantity: str, **asked: object) -> object:
        asked = {"instrument": btcusdt, "leverage": 10, **asked}
        if bot_id := asked.get("bot_id"):
            AccountScope.objects.get_or_create(account=account, scope_type=ScopeType.BOT, scope_id=bot_id)
        return place_order(
            account, request=OrderRequest(side=OrderSide(side), quantity=Decimal(quantity), **asked), clock=lambda: NOW
        )

    return place


@pytest.fixture
def accounts_of() -> Callable[..., list[TradingAccount]]:
    """Open many accounts in three statements: `accounts_of(tom, 400)`, named 000, 001 …"""

    def open_many(owner: User, many: int, *, balance: str = "10000") -> list[TradingAccount]:
        accounts = [TradingAccount(owner=owner, name=f"{n:03}", seed=n, created_at=NOW) for n in range(many)]
        insert_rows(TradingAccount, accounts)
        entries = [Entry(account.id, TransferKind.DEPOSIT, Decimal(balance), "opening") for account in accounts]
        post_entries(entries, accounts={account.id: account for account in accounts}, now=NOW)
        return accounts

    return open_many


@pytest.fixture
def venue(monkeypatch) -> Venue:
    """A broker outside: orders are stored, committed, placed, and applied later."""
    fake = Venue()
    monkeypatch.setitem(brokers._BROKERS, "fake", fake)
    return fake


@pytest.fixture
def on_venue(accounts_of, tom) -> Callable[[int], list[TradingAccount]]:
    """Open accounts on the fake venue: `on_venue(3)`."""

    def open_there(many: int) -> list[TradingAccount]:
        accounts_of(tom, many)
        TradingAccount.objects.update(exchange="fake")
        return list(TradingAccount.objects.order_by("name"))

    return open_there


@pytest.fixture
def prices(still_market, btcusdt):
    """Let BTCUSDT trade at these prices, bid and ask alike, one after another: `prices(49000, 51000)`."""

    def trade(*trades):
        still_market.set("BTCUSDT", str(trades[-1]))
        quotes = [Quote(btcusdt.id, *[Decimal(str(price))] * 3, NOW) for price in trades]
        instrument = Instrument.objects.get(pk=btcusdt.pk)
        return match([PriceRange.of(instrument, quotes)], clock=lambda: NOW)

    return trade


@pytest.fixture
def limit_of(order_of):
    """Place a limit order: `limit_of(account, "buy", "0.1", "49000")`."""

    def place(account, side, quantity, price, **asked):
        return order_of(account, side, quantity, order_type=OrderType.LIMIT, price=Decimal(price), **asked)

    return place
