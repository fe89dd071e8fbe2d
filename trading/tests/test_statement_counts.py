"""A signal on four hundred accounts takes as many statements as one on a hundred."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from trading.decisions import IntentSide
from trading.models import Outcome

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("still_market", "no_slippage")]

FEW, MANY, MOST = 100, 400, 80
BUY = {"side": IntentSide.BUY, "size": "0.01", "leverage": 5}
SELL = {**BUY, "side": IntentSide.SELL}
CLOSE = {"side": IntentSide.CLOSE}


@pytest.fixture
def counted(btcusdt, opened, run_again):
    """Run a signal on accounts and return how many statements that took: `counted(accounts, side=…)`."""

    def count(accounts, **intent):
        signal = opened(btcusdt, accounts, **intent)
        with CaptureQueriesContext(connection) as queries:
            run_again(signal)
        return len(queries)

    return count


@pytest.fixture
def both(tom, accounts_of):
    """A hundred accounts and four hundred others."""
    accounts = accounts_of(tom, FEW + MANY)
    return accounts[:FEW], accounts[FEW:]


def statuses():
    return set(Outcome.objects.values_list("status", "code"))


def test_opening(both, counted):
    few, many = (counted(accounts, **BUY) for accounts in both)
    assert (few, statuses()) == (many, {("filled", "")})
    assert few < MOST


@pytest.mark.parametrize("after", [SELL, CLOSE, BUY], ids=["reversal", "close", "nothing to do"])
def test_what_follows_on_a_position(both, counted, after):
    held = [counted(accounts, **BUY) for accounts in both]
    few, many = (counted(accounts, **after) for accounts in both)
    assert few == many
    assert max(few, *held) < MOST


def test_a_mix_of_refusals(both, counted):
    # by the last digit of the name: poor, inactive, leverage too low, deleted, and six that trade
    TradingAccount.objects.filter(name__endswith="0").update(balance="1")
    TradingAccount.objects.filter(name__endswith="1").update(is_active=False)
    TradingAccount.objects.filter(name__endswith="2").update(max_leverage=1)
    TradingAccount.objects.filter(name__endswith="3").update(deleted_at="2026-01-01T00:00:00Z")
    few, many = (counted(accounts, **BUY) for accounts in both)
    assert (few, {code for _, code in statuses()}) == (
        many,
        {"", "INSUFFICIENT_MARGIN", "ACCOUNT_INACTIVE", "LEVERAGE_TOO_HIGH"},
    )


@pytest.mark.parametrize("intent", [BUY, SELL], ids=["opening", "reversal"])
def test_a_broker_outside(both, counted, venue, intent):
    TradingAccount.objects.update(exchange="fake")
    held = [counted(accounts, **BUY) for accounts in both]
    few, many = (counted(accounts, **intent) for accounts in both)
    assert few == many
    assert max(few, *held) < MOST
