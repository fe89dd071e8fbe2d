"""Matching, in a process with Django: a book of orders that rest, and batches of prices that meet none or some."""

import gc
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import TradingAccount
from config import garbage
from config.bench.desks import SYMBOL, make_owner, open_accounts
from core.bulk import insert_rows
from core.rows import new_row
from market.models import Instrument
from market.quotes import Quote
from market.ranges import PriceRange
from trading.models import Order, OrderSide, OrderStatus, OrderType
from trading.services.matching import match

ACCOUNTS, INSTRUMENTS = 1_000, 100
BOOKS = (10_000, 100_000)
ROUNDS = 60
MET = (10, 100, 1_000)
MARKET = Decimal(50_000)
TICK = Decimal("0.1")
SIZE = Decimal("0.001")
# What a batch is to meet lies nearer to the market than the rest of the book.
NEAR, FAR = MARKET - 100, MARKET - 2_000


def measure() -> dict[str, Any]:
    """Measure books from the smallest on: {orders at rest: quotes a second, statements, milliseconds by orders met}."""
    garbage.settle()
    accounts = open_accounts(make_owner(), ACCOUNTS)
    instruments = make_instruments()
    told, resting = {}, 0
    for size in BOOKS:
        rest_far(accounts, instruments, size - resting)
        resting = size
        _analyze()
        told[str(size)] = {
            "quotes_per_second": quotes_per_second(instruments),
            "statements": statements(instruments),
            "met": {str(number): meeting(accounts, instruments, number) for number in MET},
        }
    return told


def make_instruments() -> list[Instrument]:
    """Make instruments like BTCUSDT, one symbol each."""
    like = Instrument.objects.filter(symbol=SYMBOL).values()[0]
    names = [{"symbol": f"M{number}USDT", "base": f"M{number}"} for number in range(INSTRUMENTS)]
    rows = [Instrument(**{**like, "id": uuid.uuid4(), **name}) for name in names]
    return Instrument.objects.bulk_create(rows)


def rest_far(accounts: Sequence[TradingAccount], instruments: Sequence[Instrument], number: int) -> None:
    """Let so many orders rest, buys below and sells above, spread over accounts and instruments."""
    places = ((accounts[n % ACCOUNTS], instruments[n // ACCOUNTS % INSTRUMENTS], n) for n in range(number))
    rows = [_resting(*place) for place in places]
    for start in range(0, number, 10_000):
        insert_rows(Order, rows[start : start + 10_000])


def rest_near(accounts: Sequence[TradingAccount], instrument: Instrument, number: int) -> None:
    """Let one buy of each of so many accounts rest near the market."""
    insert_rows(Order, [_order(account, instrument, OrderSide.BUY, NEAR) for account in accounts[:number]])


def quotes_per_second(instruments: Sequence[Instrument]) -> float:
    """Return how many quotes a second are matched, in batches of one of each instrument, where none meets anything."""
    took = []
    for _ in range(ROUNDS + 1):
        ranges = list(_ranges(instruments, MARKET))
        began = time.perf_counter()
        match(ranges, clock=timezone.now)
        took.append(time.perf_counter() - began)
    return len(instruments) / statistics.median(took[1:])


def statements(instruments: Sequence[Instrument]) -> int:
    """Return how many statements such a batch takes."""
    with CaptureQueriesContext(connection) as queries:
        match(list(_ranges(instruments, MARKET)), clock=timezone.now)
    return len(queries)


def meeting(accounts: Sequence[TradingAccount], instruments: Sequence[Instrument], number: int) -> float:
    """Return the milliseconds of a batch that fills so many orders, one an account: the median of three."""
    took = []
    for instrument in instruments[:3]:
        rest_near(accounts, instrument, number)
        ranges = list(_ranges([instrument], NEAR - TICK))
        gc.collect()
        began = time.perf_counter()
        matched = match(ranges, clock=timezone.now)
        took.append((time.perf_counter() - began) * 1000)
        if matched.met != number or matched.failed_accounts:
            raise RuntimeError(f"{matched} instead of {number} orders")
    return statistics.median(took)


def _ranges(instruments: Sequence[Instrument], price: Decimal) -> Iterator[PriceRange]:
    now = timezone.now()
    return (PriceRange.of(row, [Quote(row.id, price, price + TICK, price, now)]) for row in instruments)


def _resting(account: TradingAccount, instrument: Instrument, index: int) -> Order:
    away = TICK * (index % 9_973)
    if index % 2:
        return _order(account, instrument, OrderSide.SELL, MARKET + 2_000 + away)
    return _order(account, instrument, OrderSide.BUY, FAR - away)


def _order(account: TradingAccount, instrument: Instrument, side: OrderSide, price: Decimal) -> Order:
    now, buys = timezone.now(), side == OrderSide.BUY
    return new_row(
        Order,
        account_id=account.id,
        instrument_id=instrument.id,
        client_order_id=uuid.uuid4().hex,
        side=side,
        order_type=OrderType.LIMIT,
        quantity=SIZE,
        price=price,
        leverage=100,
        status=OrderStatus.PENDING,
        margin=Decimal("0.5"),
        falls_to=price if buys else None,
        rises_to=None if buys else price,
        armed_at=now,
        created_at=now,
        updated_at=now,
    )


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
