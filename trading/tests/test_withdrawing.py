"""Withdrawing from an account that holds positions: never what margin needs, never what is not there in cash."""

from decimal import Decimal

import pytest

from accounts.figures import figures_of
from accounts.models import TradingAccount
from accounts.services.ledger import InsufficientFunds, withdraw
from conftest import NOW

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")


@pytest.fixture
def account(tom, account_of, order_of):
    """Long 1 BTC from 50,000 at leverage 10: 9,990 in cash, 5,000 of margin."""
    account = account_of(tom)
    order_of(account, "buy", "1")
    return account


def left(account, amount):
    withdraw(account.id, amount=Decimal(amount), reference=amount, now=NOW)
    return TradingAccount.objects.get().balance


def test_the_figures_of_a_position_in_profit(account, still_market):
    # mid 51,000: equity 9,990 + 1,000
    still_market.set("BTCUSDT", "51000")
    account.refresh_from_db()
    figures = figures_of([account], NOW)[account.id]
    assert (figures.balance, figures.equity, figures.margin_used, figures.margin_available) == (9990, 10990, 5000, 5990)


def test_what_is_free_of_margin_can_be_taken(account):
    assert left(account, "4990") == 5000


@pytest.mark.parametrize(
    ("price", "asked", "available"),
    [
        ("50000", "4990.01", 4990),
        ("49000", "3990.01", 3990),  # less the open loss of 1,000
        ("45000", "0.01", 0),  # 9,990 − 5,000 − 5,000 is less than nothing
        ("60000", "9990.01", 9990),  # 14,990 are free, of which 5,000 are an open profit
    ],
)
def test_more_cannot(account, still_market, price, asked, available):
    still_market.set("BTCUSDT", price)
    with pytest.raises(InsufficientFunds) as refused:
        left(account, asked)
    assert refused.value.available == available
    assert TradingAccount.objects.get().balance == 9990


def test_an_open_profit_frees_the_cash_that_was_there(account, still_market):
    still_market.set("BTCUSDT", "60000")
    assert left(account, "9990") == 0
