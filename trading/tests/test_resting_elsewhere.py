"""What rests in other instruments counts to the last digit when an order is met, and is read as one row an account."""

import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.db.models.sql import compiler

from accounts.models import TradingAccount
from conftest import NOW
from market.models import Instrument
from trading.desk import Resting
from trading.models import Position
from trading.selectors import desks
from trading.selectors.desks import load_desk, load_holdings, load_working

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

ELSEWHERE = [("ETHUSDT", "buy", 2000), ("ETHUSDT", "sell", 3000), ("SOLUSDT", "buy", 80), ("SOLUSDT", "sell", 120)]


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def rests(still_market, limit_of):
    """Let limit orders of 1 rest at a leverage of 10: `rests(account, ("ETHUSDT", "buy", 2000), …)`."""
    still_market.set("SOLUSDT", "100")

    def place(account, *orders):
        for symbol, side, price in orders:
            limit_of(account, side, "1", price, instrument=Instrument.objects.get(symbol=symbol))

    return place


@pytest.fixture
def rows_read(monkeypatch, prices):
    """Return how many rows Django reads while BTCUSDT trades: `rows_read(49000)`."""
    read, cursor_iter = [], compiler.cursor_iter

    def counting(*args):
        for rows in cursor_iter(*args):
            read.extend(rows)
            yield rows

    def trade(price):
        monkeypatch.setattr(compiler, "cursor_iter", counting)
        before = len(read)
        assert prices(price).met
        return len(read) - before

    return trade


def test_the_rows_that_a_fill_reads_do_not_grow_with_what_rests_elsewhere(account, limit_of, rests, rows_read):
    read = []
    for orders, price in ((ELSEWHERE[:1], 49000), (ELSEWHERE[1:], 48000), (ELSEWHERE, 47000)):
        rests(account, *orders)
        limit_of(account, "buy", "0.1", price)
        read.append(rows_read(price))
    assert read[1] == read[2] == read[0] + 1  # the position that the first fill opened


@pytest.mark.parametrize(("lacking", "end"), [("0", "filled"), ("0.00000001", "cancelled")])
def test_what_rests_elsewhere_ties_up_its_margin_to_the_last_digit(account, limit_of, rests, prices, lacking, end):
    # 49,000 ÷ 10 and 9.8 of fee, beside 200 + 300 in ETHUSDT and 8 + 12 in SOLUSDT
    placed = limit_of(account, "buy", "1", "49000")
    rests(account, *ELSEWHERE)
    TradingAccount.objects.update(balance=Decimal("5429.8") - Decimal(lacking))
    prices(49000)
    placed.refresh_from_db()
    assert placed.status == end


@pytest.mark.parametrize(("lacking", "end"), [("0", "filled"), ("0.00000001", "cancelled")])
def test_what_would_close_a_position_elsewhere_ties_up_only_what_is_more(
    account, order_of, limit_of, rests, prices, lacking, end
):
    # Long 1 ETH: 250; of the two that sell 1 each, at 3,000 and 3,100, half of their 610 opens. 4,900 + 9.8 beside
    order_of(account, "buy", "1", instrument=Instrument.objects.get(symbol="ETHUSDT"))
    rests(account, ("ETHUSDT", "sell", 3000), ("ETHUSDT", "sell", 3100))
    placed = limit_of(account, "buy", "1", "49000")
    TradingAccount.objects.update(balance=Decimal("5464.8") - Decimal(lacking))
    prices(49000)
    placed.refresh_from_db()
    assert placed.status == end


def test_a_desk_for_fills_in_one_instrument_knows_the_margin_that_a_whole_one_knows(
    account, order_of, limit_of, rests, btcusdt
):
    rests(account, *ELSEWHERE)
    [order_of(account, "buy", "0.1", instrument=Instrument.objects.get(symbol=name)) for name in ("BTCUSDT", "ETHUSDT")]
    [limit_of(account, side, "0.3", price) for side, price in (("buy", "41000"), ("sell", "61000"))]
    whole = load_desk([account.id], instruments=[btcusdt], clock=lambda: NOW, lock=False)
    part = load_holdings([account.id], instruments=[btcusdt], clock=lambda: NOW, lock=False)
    load_working(part, {btcusdt.id})
    more = {(btcusdt.id, "sell"): Resting(Decimal("0.05"), Decimal("0.03"))}
    for asked in ({}, {"held": {btcusdt.id: Decimal("-0.07")}}, {"added": more}):
        assert part.order_margin(account.id, **asked) == whole.order_margin(account.id, **asked)
    assert (len(part.working[account.id]), part.working_elsewhere) == (4, {account.id: 20})
    assert Position.objects.open().count() == 2


@pytest.mark.django_db
def test_sqlite_sums_up_what_rests_from_the_index_alone():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by what it has counted")
    tied = desks._may_open([uuid.uuid4()]).values("account").annotate(tied=Sum("margin"))
    statement, values = tied.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        assert "order_working" in str(cursor.fetchall())
