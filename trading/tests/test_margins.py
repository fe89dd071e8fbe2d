"""The sweep finds what no price met; money paid in or out moves the watch of an account's positions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services.ledger import deposit, withdraw
from conftest import NOW
from market.models import Instrument
from trading.models import Order, Position
from trading.services.margins import sweep_margins

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of):
    return account_of(tom, balance="1000")


def sweep(at=NOW):
    return sweep_margins(clock=lambda: at)


def left():
    return Position.objects.open().count(), list(
        Order.objects.filter(origin="close_out").values_list("status", flat=True)
    )


def test_nothing_is_swept_that_stands(account, order_of):
    order_of(account, "buy", "0.18")
    assert (sweep(), left()) == (0, (1, []))


def test_a_rate_that_was_raised_is_noticed(account, order_of):
    # 9,000 × 0.12 = 1,080 is more than the equity of 998.2
    order_of(account, "buy", "0.18")
    Instrument.objects.update(maintenance_margin_rate="0.12")
    assert (sweep(), left()) == (1, (0, ["filled"]))


def test_a_price_that_nobody_matched_is_noticed(account, order_of, still_market):
    order_of(account, "buy", "0.18")
    still_market.set("BTCUSDT", "44000")
    assert (sweep(), left()) == (1, (0, ["filled"]))


def test_an_account_without_a_fresh_price_is_left_alone(account, order_of, still_market):
    order_of(account, "buy", "0.18")
    still_market.set("BTCUSDT", "44000")
    still_market.at = NOW - timedelta(minutes=5)
    assert (sweep(), left()) == (0, (1, []))


def test_the_statements_do_not_grow_with_the_accounts(tom, accounts_of, order_of):
    counts = []
    for many in (2, 6):
        [order_of(account, "buy", "0.01") for account in accounts_of(tom, many)]
        with CaptureQueriesContext(connection) as queries:
            sweep()
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("move", "further"), [(deposit, True), (withdraw, False)])
def test_money_paid_in_or_out_moves_the_watch(account, order_of, move, further):
    order_of(account, "buy", "0.1")
    before = Position.objects.get().falls_to
    move(account.id, amount=Decimal(100), reference="r", now=NOW)
    # 100 ÷ (0.1 × 0.995) = 1,005.03
    moved = before - Position.objects.get().falls_to
    assert round(moved, 2) == (Decimal("1005.03") if further else Decimal("-1005.03"))
