"""Makes a month of a desk by the thousand rows, and opens the console's pages as an operator."""

import gc
import json
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import TradingAccount
from bots.models import Bot
from config import garbage
from config.bench.desks import SYMBOL, make_bot, make_owner, open_accounts
from core.bulk import insert_columns
from market.models import Instrument
from trading.models import EquityPoint, Order, OrderSide, OrderStatus, OrderType, Signal, SignalSource, SignalStatus
from webhooks.models import Delivery, DeliveryStatus, Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

ACCOUNTS = 1000
ORDERS = 100_000
SIGNALS = 10_000
DAYS = 30
POINTS_A_DAY = 4
CHUNK = 10_000
ROUNDS = 15
WARM = 3


def measure() -> dict[str, float]:
    """Return medians in milliseconds, and how many rows there are of each kind."""
    garbage.settle()
    now, owner = timezone.now(), make_owner()
    accounts = open_accounts(owner, ACCOUNTS)
    TradingAccount.objects.update(created_at=now - timedelta(days=DAYS + 1))
    bot = make_bot(owner, accounts)
    signal_id = _trade(bot)
    _make_signals(bot, now)
    _make_orders(bot, accounts, now)
    _make_points(accounts, now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(owner)
    return {
        "page": _median(lambda: _get(browser, "/admin/")),
        "figures": _median(lambda: _get(browser, "/admin/figures/")),
        "flight": _median(lambda: _get(browser, f"/admin/flight/{signal_id}/")),
        "accounts": ACCOUNTS,
        "orders": Order.objects.count(),
        "signals": Signal.objects.count(),
        "points": EquityPoint.objects.count(),
    }


def _trade(bot: Bot) -> UUID:
    """Let one alert open a position on every account."""
    raw = json.dumps({"side": "buy", "symbol": SYMBOL}).encode()
    taken = take(raw, sender=Sender(bot, Proof.URL_KEY, ()), origin=Origin("127.0.0.1", ""), now=timezone.now())
    work_inbox(bot.id, clock=timezone.now)
    return taken.correlation_id


def _make_signals(bot: Bot, now: datetime) -> None:
    ids = [uuid.uuid4() for _ in range(SIGNALS)]
    moments = [now - timedelta(seconds=30 * number) for number in range(1, SIGNALS + 1)]
    ended = [moment + timedelta(milliseconds=80) for moment in moments]
    of_signal = {"source": SignalSource.ALERT, "symbol": SYMBOL, "side": "buy", "size": "10%"}
    columns: dict[str, Any] = {"id": ids, "received_at": moments, "finished_at": ended}
    insert_columns(Signal, columns, **of_signal, bot_id=bot.pk, status=SignalStatus.PROCESSED)
    of_delivery: dict[str, Any] = {"bot": bot, "proof": Proof.URL_KEY, "body": b"{}", "body_sha256": "0" * 64}
    Delivery.objects.bulk_create(
        Delivery(**of_delivery, correlation_id=pk, received_at=at, finished_at=end, status=DeliveryStatus.PROCESSED)
        for pk, at, end in zip(ids, moments, ended, strict=True)
    )


def _make_orders(bot: Bot, accounts: list[TradingAccount], now: datetime) -> None:
    instrument = Instrument.objects.get(symbol=SYMBOL)
    same: dict[str, Any] = {
        "instrument_id": instrument.pk,
        "bot_id": bot.pk,
        "side": OrderSide.BUY,
        "order_type": OrderType.MARKET,
        "quantity": 1,
        "filled_quantity": 1,
        "filled_cost": 100,
        "leverage": 5,
        "status": OrderStatus.FILLED,
        "updated_at": now,
    }
    for first in range(0, ORDERS - ACCOUNTS, CHUNK):
        numbers = range(first, min(first + CHUNK, ORDERS - ACCOUNTS))
        columns: dict[str, Any] = {
            "id": [uuid.uuid4() for _ in numbers],
            "account_id": [accounts[number % ACCOUNTS].pk for number in numbers],
            "client_order_id": [f"bench{number}" for number in numbers],
            "created_at": [now - timedelta(seconds=25 * number) for number in numbers],
        }
        insert_columns(Order, columns, **same)


def _make_points(accounts: list[TradingAccount], now: datetime) -> None:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(DAYS * POINTS_A_DAY):
        at = midnight - number * timedelta(hours=24 / POINTS_A_DAY)
        columns = {"account_id": [account.pk for account in accounts]}
        insert_columns(EquityPoint, columns, at=at, balance=10_000, equity=10_000, net_deposits=10_000)


def _get(browser: Client, address: str) -> None:
    answer = browser.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        gc.collect()
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[WARM:])
