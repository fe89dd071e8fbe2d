"""Performance of an account, by hand: equity by the day, payments taken out, trades that are over."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.figures import figures_of
from accounts.models import TradingAccount
from accounts.services.ledger import deposit, withdraw
from conftest import NOW
from core.bulk import insert_columns
from trading.models import EquityPoint, Position
from trading.selectors.performance import LONGEST_CURVE, performance_of, summaries_of

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
MIDNIGHT = NOW + 12 * HOUR
near = pytest.approx


@pytest.fixture
def account(tom, account_of):
    """Tom's account, opened with 1,000 at noon of March 2."""
    return account_of(tom, balance="1000")


def worth(account, *points):
    """Write points: when, equity, and what had been paid in by then."""
    at, equity, paid_in = zip(*points, strict=True)
    columns = {"at": at, "equity": list(map(Decimal, equity)), "net_deposits": list(map(Decimal, paid_in))}
    insert_columns(EquityPoint, columns, account_id=account.id, balance=Decimal(0))


def measured(account, *, start=NOW, end, now=NOW + 1000 * DAY):
    return performance_of(account, start=start, end=end, now=now)


def test_days_that_are_over_make_the_ratios_and_the_end_the_return(account):
    # 1,000 → 1,020 → 1,009.8 → 1,040.094 at midnights, then 1,000 at noon
    # daily: 2%, −1%, 3%; mean 0.0133333, std 0.0208167, √(0.0001 ÷ 3) = 0.0057735
    worth(account, (MIDNIGHT, 1020, 1000), (MIDNIGHT + DAY, "1009.8", 1000), (MIDNIGHT + 2 * DAY, "1040.094", 1000))
    worth(account, (MIDNIGHT + 2 * DAY + 12 * HOUR, 1000, 1000))
    told = measured(account, end=NOW + 3 * DAY).metrics
    assert (told.days, told.start_equity, told.end_equity, told.total_pnl) == (3, 1000, 1000, 0)
    assert told.total_return == near(0)
    assert told.sharpe_ratio == near(0.0133333 / 0.0208167 * 365**0.5, rel=1e-4)
    assert told.sortino_ratio == near(0.0133333 / 0.0057735 * 365**0.5, rel=1e-4)
    assert told.volatility == near(0.0208167 * 365**0.5, rel=1e-4)
    assert told.max_drawdown == near(1000 / 1040.094 - 1)


def test_a_year_of_growth(account):
    # 1,210 after 730 days: 10% a year; it had fallen from 1,100 to 990: 10%
    worth(account, (NOW + 100 * DAY, 1100, 1000), (NOW + 200 * DAY, 990, 1000), (NOW + 730 * DAY, 1210, 1000))
    told = measured(account, end=NOW + 730 * DAY).metrics
    assert (told.total_return, told.cagr) == (near(0.21), near(0.1))
    assert (told.max_drawdown, told.calmar_ratio) == (near(-0.1), near(1))


def test_payments_are_no_return(account):
    # 1,100 (10%), then 900 paid in: 2,000; at the end 1,900 (−5%): 1.1 × 0.95 = 1.045
    worth(account, (NOW + HOUR, 1100, 1000), (NOW + 2 * HOUR, 2000, 1900), (NOW + 3 * HOUR, 1900, 1900))
    told = measured(account, end=NOW + 3 * HOUR).metrics
    assert told.total_return == near(0.045)
    assert (told.paid_in, told.total_pnl) == (900, 0)


def test_a_payment_between_two_samples_of_a_day_is_taken_out_when_it_was_made(account):
    # within one hour: 1,000 → 2,000, all but 100 taken, 100 → 150: 2 × 1.5 = 3. Only payments and the last are read
    worth(account, (NOW + SECOND, 2000, 1000), (NOW + 2 * SECOND, 100, -900), (NOW + 3 * SECOND, 150, -900))
    assert measured(account, end=NOW + HOUR).metrics.total_return == near(2)


def test_a_range_begins_with_what_there_was_before(account):
    worth(account, (NOW + HOUR, 500, 1000), (NOW + 5 * HOUR, 600, 1000), (NOW + 9 * HOUR, 900, 1000))
    told = measured(account, start=NOW + 2 * HOUR, end=NOW + 6 * HOUR)
    assert (told.metrics.start_equity, told.metrics.end_equity) == (500, 600)
    assert told.metrics.total_return == near(0.2)
    assert told.equity_curve[0].at == NOW + 2 * HOUR


def test_a_day_that_ends_with_its_last_second_is_over(account):
    # two days of 10%: no spread; then with −10% in place of the second: std of (0.1, −0.1) is 0.141421
    worth(account, (MIDNIGHT, 1100, 1000), (MIDNIGHT + DAY, 990, 1000))
    whole = measured(account, end=MIDNIGHT + DAY - SECOND).metrics
    assert (whole.volatility, whole.end_equity) == (near(0.141421 * 365**0.5, rel=1e-4), 990)
    assert measured(account, end=MIDNIGHT + DAY - 2 * SECOND).metrics.volatility is None


def test_a_range_before_the_account_knows_nothing(account):
    told = measured(account, start=NOW - 9 * DAY, end=NOW - DAY)
    assert (told.metrics.end_equity, told.metrics.total_return, told.metrics.max_drawdown) == (0, None, None)
    assert len(told.equity_curve) == 1


def test_an_account_without_money_has_no_ratios(tom, account_of):
    told = performance_of(account_of(tom, balance="0"), start=NOW, end=NOW, now=NOW).metrics
    assert {told.total_return, told.cagr, told.sharpe_ratio, told.win_rate, told.profit_factor} == {None}
    assert (told.total_pnl, told.total_trades) == (0, 0)


def test_until_now_open_profit_counts(account, order_of, still_market):
    # long 0.01 from 50,000, fee 0.1; at 60,000 the open profit is 100
    order_of(account, "buy", "0.01")
    still_market.set("BTCUSDT", "60000")
    told = performance_of(account, start=NOW - HOUR, end=NOW + HOUR, now=NOW + HOUR).metrics
    assert (told.end_equity, told.total_pnl) == (Decimal("1099.9"), Decimal("99.9"))
    assert (told.realized_pnl, told.fees, told.total_trades) == (0, Decimal("0.1"), 0)
    assert told.total_return == near(0.0999)


def trade(account, order_of, still_market, *, bought, sold):
    still_market.set("BTCUSDT", bought)
    order_of(account, "buy", "0.01")
    still_market.set("BTCUSDT", sold)
    order_of(account, "sell", "0.01")


def test_trades_that_are_over(account, order_of, still_market):
    # 0.01 × 1,000 = 10, less fees 0.1 + 0.102; 0.01 × −500 = −5, less 0.1 + 0.099
    trade(account, order_of, still_market, bought="50000", sold="51000")
    trade(account, order_of, still_market, bought="50000", sold="49500")
    told = measured(account, start=NOW - HOUR, end=NOW + HOUR).metrics
    assert (told.realized_pnl, told.fees, told.total_pnl) == (5, Decimal("0.401"), Decimal("4.599"))
    assert (told.total_trades, told.winning_trades, told.losing_trades, told.win_rate) == (2, 1, 1, 0.5)
    assert told.profit_factor == near(9.798 / 5.199)
    assert told.expectancy == near(4.599 / 2)


def test_what_was_before_and_after_is_not_counted(account, order_of, still_market):
    trade(account, order_of, still_market, bought="50000", sold="51000")
    for start, end in ((NOW - HOUR, NOW - SECOND), (NOW + SECOND, NOW + HOUR)):
        told = measured(account, start=start, end=end).metrics
        assert (told.total_trades, told.realized_pnl, told.fees) == (0, 0, 0)


@pytest.mark.parametrize(("days", "points"), [(19, 1 + 19 * 24), (400, 2 + 401), (900, LONGEST_CURVE)])
def test_the_curve_is_never_too_long(account, days, points):
    hours = range(1, days * 24 + 1)
    worth(account, *((NOW + number * HOUR, 1000 + number, 1000) for number in hours))
    curve = measured(account, end=NOW + days * DAY).equity_curve
    assert len(curve) == points
    assert (curve[0].equity, curve[-1].equity) == (1000, 1000 + days * 24)
    assert [each.at for each in curve] == sorted({each.at for each in curve})


def test_the_statements_are_always_as_many(account, order_of, still_market):
    with CaptureQueriesContext(connection) as few:
        performance_of(account, start=NOW, end=NOW + HOUR, now=NOW)
    worth(account, *((NOW + number * HOUR, 1000 + number, 1000) for number in range(500)))
    trade(account, order_of, still_market, bought="50000", sold="51000")
    with CaptureQueriesContext(connection) as many:
        performance_of(account, start=NOW, end=NOW + 30 * DAY, now=NOW + 30 * DAY)
    assert len(many) == len(few)


def summary(*accounts):
    fresh = list(TradingAccount.objects.filter(pk__in=[account.pk for account in accounts]))
    return summaries_of(fresh, figures_of(fresh, NOW))


def test_a_summary_counts_all_that_an_account_ever_did(account, order_of, still_market):
    trade(account, order_of, still_market, bought="50000", sold="51000")
    trade(account, order_of, still_market, bought="50000", sold="49500")
    order_of(account, "buy", "0.01")  # at 49,500: fee 0.099
    deposit(account.id, amount=Decimal(500), reference="in", now=NOW)
    withdraw(account.id, amount=Decimal(100), reference="out", now=NOW)
    told = summary(account)[account.id]
    assert (told.realized_pnl, told.fees, told.funding) == (5, Decimal("0.5"), 0)
    assert (told.total_pnl, told.total_trades, told.winning_trades, told.win_rate) == (Decimal("4.5"), 2, 1, 0.5)


def test_a_trade_that_only_costs_did_not_win(account, order_of, still_market):
    trade(account, order_of, still_market, bought="50000", sold="50010")  # 0.1, less 0.2
    assert summary(account)[account.id].winning_trades == 0


def test_funding_counts_for_whether_a_trade_won(account, order_of, still_market):
    trade(account, order_of, still_market, bought="50000", sold="50010")
    Position.objects.update(funding=1)
    assert (summary(account)[account.id].winning_trades, summary(account)[account.id].funding) == (1, 1)
    assert measured(account, end=NOW + HOUR).metrics.winning_trades == 1


def test_summaries_of_many_accounts_are_one_statement(tom, account, accounts_of, order_of):
    accounts = [account, *accounts_of(tom, 20)]
    figures = figures_of(accounts, NOW)
    order_of(account, "buy", "0.01")
    with CaptureQueriesContext(connection) as queries:
        found = summaries_of(accounts, figures)
    assert (len(queries), len(found)) == (1, 21)
    assert (found[account.id].fees, found[accounts[1].id].fees) == (Decimal("0.1"), 0)


def test_what_is_closed_in_part_is_no_trade_yet(account, order_of, still_market):
    order_of(account, "buy", "0.02")
    still_market.set("BTCUSDT", "60000")
    order_of(account, "sell", "0.01")  # brought 100
    told = summary(account)[account.id]
    assert (told.realized_pnl, told.total_trades, told.winning_trades, told.win_rate) == (100, 0, 0, None)


def test_a_point_at_midnight_ends_the_day_and_does_not_begin_one(account):
    worth(account, (NOW + HOUR, 1050, 1000), (MIDNIGHT, 1100, 1000), (MIDNIGHT + HOUR, 900, 1000))
    curve = measured(account, end=NOW + 30 * DAY).equity_curve
    assert [(each.at, each.equity) for each in curve[2:4]] == [(MIDNIGHT, 1100), (MIDNIGHT + HOUR, 900)]
