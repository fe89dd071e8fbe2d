"""What accounts were worth: a point after every fill and every payment, and one at every whole hour."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import TradingAccount
from accounts.services.ledger import deposit, withdraw
from config.beat import SCHEDULE
from conftest import NOW
from trading.decisions import IntentSide
from trading.models import EquityPoint, Fill
from trading.services import equity
from trading.services.equity import keep_hourly_equity
from trading.tasks import keep_equity_of_the_hour

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

LATER = NOW + timedelta(hours=1, seconds=3)
HOUR = NOW + timedelta(hours=1)


@pytest.fixture
def account(tom, account_of):
    """Tom's account with 10,000."""
    return account_of(tom)


def points(**of):
    rows = EquityPoint.objects.filter(**of).order_by("id")
    return [tuple(map(int, row)) for row in rows.values_list("balance", "equity", "net_deposits")]


def test_the_opening_is_the_first_point(account):
    point = EquityPoint.objects.get()
    assert (point.account, point.at, points()) == (account, NOW, [(10000, 10000, 10000)])


def test_an_account_opened_without_money_has_none(tom, account_of):
    account_of(tom, balance="0")
    assert not EquityPoint.objects.exists()


def test_payments_leave_points_that_know_what_was_paid(account):
    deposit(account.id, amount=Decimal(500), reference="in", now=NOW)
    withdraw(account.id, amount=Decimal(200), reference="out", now=NOW)
    assert points()[1:] == [(10500, 10500, 10500), (10300, 10300, 10300)]


def test_a_payment_counts_open_profit(account, order_of, still_market):
    # long 1 from 50,000, fee 10; at 51,000 the open profit is 1,000
    order_of(account, "buy", "1")
    still_market.set("BTCUSDT", "51000")
    deposit(account.id, amount=Decimal(500), reference="in", now=NOW)
    assert points()[-1] == (10490, 11490, 10500)


def test_a_payment_that_is_refused_leaves_none(account):
    with pytest.raises(Exception, match="available"):
        withdraw(account.id, amount=Decimal(20000), reference="out", now=NOW)
    assert len(points()) == 1


def test_a_fill_leaves_one_point_after_its_fee(account, order_of):
    order_of(account, "buy", "1")
    assert points()[1:] == [(9990, 9990, 10000)]


def test_what_a_close_brought_is_in_its_point(account, order_of, still_market):
    # 9,990; sold at 51,000: + 1,000 − 10.2
    order_of(account, "buy", "1")
    still_market.set("BTCUSDT", "51000")
    order_of(account, "sell", "1")
    assert EquityPoint.objects.latest("id").equity == Decimal("10979.8")


def test_a_fill_that_crosses_zero_leaves_one_point(account, order_of):
    order_of(account, "buy", "0.5")
    order_of(account, "sell", "1")
    assert (Fill.objects.count(), len(points())) == (3, 3)


def test_what_is_refused_leaves_none(account, order_of):
    with pytest.raises(Exception, match="margin"):
        order_of(account, "buy", "100")
    assert len(points()) == 1


def test_a_signal_leaves_a_point_of_each_account_in_one_statement(tom, accounts_of, btcusdt, send):
    accounts = accounts_of(tom, 30)
    with CaptureQueriesContext(connection) as queries:
        send(btcusdt, accounts, side=IntentSide.BUY, size="0.01", leverage=5)
    written = [query for query in queries if EquityPoint._meta.db_table in query["sql"]]
    assert (len(written), EquityPoint.objects.filter(balance__lt=10000).count()) == (1, 30)


def test_a_fill_of_a_venue_leaves_a_point(on_venue, venue, btcusdt, send):
    send(btcusdt, on_venue(2), side=IntentSide.BUY, size="0.01", leverage=5)
    assert (Fill.objects.count(), EquityPoint.objects.filter(balance__lt=10000).count()) == (2, 2)


def test_the_hour_finds_what_open_positions_are_worth(account, order_of, still_market):
    order_of(account, "buy", "1")
    still_market.set("BTCUSDT", "50400")
    assert keep_hourly_equity(LATER) == 1
    assert points(at=HOUR) == [(9990, 10390, 10000)]


def test_an_hour_is_kept_once(account):
    assert (keep_hourly_equity(LATER), keep_hourly_equity(LATER + timedelta(minutes=2))) == (1, 0)
    assert len(points(at=HOUR)) == 1


def test_deleted_accounts_and_those_of_the_future_have_no_hour(tom, account, account_of):
    account_of(tom, name="Deleted")
    TradingAccount.objects.filter(name="Deleted").update(deleted_at=NOW)
    account_of(tom, name="Later")
    TradingAccount.objects.filter(name="Later").update(created_at=HOUR + timedelta(seconds=1))
    keep_hourly_equity(LATER)
    assert list(EquityPoint.objects.filter(at=HOUR).values_list("account__name", flat=True)) == ["Paper"]


def test_every_chunk_has_its_turn(tom, accounts_of, monkeypatch):
    monkeypatch.setattr(equity, "CHUNK", 3)
    accounts_of(tom, 10)
    assert (keep_hourly_equity(LATER), EquityPoint.objects.filter(at=HOUR).count()) == (10, 10)


def test_the_statements_of_the_hour_do_not_grow_with_the_accounts(tom, accounts_of):
    accounts_of(tom, 2)
    with CaptureQueriesContext(connection) as few:
        keep_hourly_equity(NOW + timedelta(hours=1))
    accounts_of(tom, 40)
    with CaptureQueriesContext(connection) as many:
        keep_hourly_equity(NOW + timedelta(hours=2))
    assert len(many) == len(few)


def test_beat_has_the_task(account):
    assert SCHEDULE["keep-hourly-equity"]["task"] == keep_equity_of_the_hour.name
    assert keep_equity_of_the_hour() == 1
