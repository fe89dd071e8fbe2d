"""Whatever is traded in whatever order: after every step the books of every account are true."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.selectors.ledger import reconcile
from core.errors import AppError
from trading.decisions import DEFAULT_RULES, IntentSide, Rules
from trading.models import Fill, Order, Position

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("still_market")]

ACCOUNTS = 3
LOTS = st.integers(1, 400).map(lambda lots: str(Decimal(lots) * Decimal("0.001")))
PRICES = st.integers(300_000, 700_000).map(lambda ticks: str(Decimal(ticks) / 10))
RULES = st.sampled_from([DEFAULT_RULES, Rules(pyramiding=True)])
STEPS = st.one_of(
    st.tuples(st.just("order"), st.integers(0, ACCOUNTS - 1), st.sampled_from(["buy", "sell"]), LOTS, st.booleans()),
    st.tuples(st.just("signal"), st.sampled_from(IntentSide), st.sampled_from(["5%", "0.05", "700 USDT"]), RULES),
    st.tuples(st.just("price"), PRICES, PRICES),
)


def check_books(account):
    """Balance, ledger, fills and positions tell one story."""
    fills = Fill.objects.filter(account=account).values_list(
        "side", "quantity", "notional", "realized_pnl", "commission"
    )
    positions = list(Position.objects.filter(account=account))
    bought, traded, earned = sums(fills)
    books = reconcile(account)
    assert books.difference == 0
    assert bought == sum(position.direction * position.size for position in positions)
    assert books.balance - 10000 == earned
    assert books.balance - 10000 == sum(position.realized_pnl - position.fee for position in positions)
    assert traded == sum(p.entry_cost + p.closed_entry_cost + p.exit_cost for p in positions)


def sums(fills):
    """Return signed quantity, notional, and profit less commission of all fills."""
    signed = sum(quantity if side == "buy" else -quantity for side, quantity, *_ in fills)
    return signed, sum(fill[2] for fill in fills), sum(fill[3] - fill[4] for fill in fills)


@pytest.mark.parametrize("steps", [200])
def test_random_trades_keep_the_books_true(tom, accounts_of, btcusdt, order_of, send, still_market, steps):
    def take(accounts, step):
        match step:
            case ("order", index, side, lots, reduce_only):
                with suppress(AppError):
                    order_of(accounts[index], side, lots, reduce_only=reduce_only)
                return [accounts[index]]
            case ("signal", side, size, rules):
                send(btcusdt, accounts, side=side, size=size, rules=rules, leverage=3)
                return accounts
            case ("price", one, other):
                still_market.set("BTCUSDT", *sorted([one, other], key=Decimal))
                return []

    @settings(max_examples=2, deadline=None, database=None)
    @given(st.lists(STEPS, min_size=steps, max_size=steps))
    def walk(trades):
        accounts = accounts_of(tom, ACCOUNTS)
        for trade in trades:
            for account in take(accounts, trade):
                check_books(account)
        assert not Order.objects.exclude(status="filled").exists()

    walk()
