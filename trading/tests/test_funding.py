"""Every eight hours longs of a perpetual pay shorts; each account once, whoever runs it and however often."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import TradingAccount, Transfer
from accounts.selectors.ledger import reconcile
from conftest import NOW
from core.models import Event
from market.models import Instrument
from trading.models import Funding, Position
from trading.services import funding, road
from trading.services.funding import book_fundings, funding_times

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

# NOW is 12:00; the next funding is at 16:00.
NEXT = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


def book(at=NEXT):
    return book_fundings(clock=lambda: at)


def paid():
    rows = Transfer.objects.filter(kind="funding").order_by("account", "number")
    return [(row.debit, row.credit, row.amount, row.reference) for row in rows]


# 0.1 × 50,000 × 0.0001 = 0.5
@pytest.mark.parametrize(
    ("side", "rate", "debit", "credit", "amount"),
    [
        ("buy", "0.0001", "funding", "cash", "-0.5"),
        ("sell", "0.0001", "cash", "funding", "0.5"),
        ("buy", "-0.0001", "cash", "funding", "0.5"),
        ("sell", "-0.0001", "funding", "cash", "-0.5"),
    ],
)
def test_longs_pay_shorts_at_a_positive_rate(account, order_of, side, rate, debit, credit, amount):
    Instrument.objects.update(funding_rate=rate)
    order_of(account, side, "0.1")
    before = TradingAccount.objects.get().balance
    assert book() == 1
    assert paid() == [(debit, credit, Decimal("0.5"), "funding:BTCUSDT:2026-03-02T16:00")]
    assert TradingAccount.objects.get().balance - before == Decimal(amount) == Position.objects.get().funding
    assert reconcile(account).difference == 0


def test_what_is_booked_is_not_booked_again(account, order_of):
    order_of(account, "buy", "0.1")
    assert [book(), book(), book(NEXT + timedelta(hours=7))] == [1, 0, 0]
    assert len(paid()) == 1


def test_a_run_that_died_half_way_is_gone_on_with(tom, accounts_of, order_of, monkeypatch):
    accounts = accounts_of(tom, 3)
    [order_of(account, "buy", "0.1") for account in accounts]
    monkeypatch.setattr(road, "LARGEST_BATCH", 1)
    with monkeypatch.context() as dying:
        dying.setattr(funding, "tell_of_funding", dies_at(2))
        with pytest.raises(KeyboardInterrupt):
            book()
    assert (len(paid()), Funding.objects.get().booked_at) == (1, None)
    book()
    assert (len(paid()), Funding.objects.get().booked_at) == (3, NEXT)


def dies_at(number):
    calls = []

    def tell(*_, **__):
        calls.append(1)
        if len(calls) == number:
            raise KeyboardInterrupt

    return tell


def test_what_was_missed_is_booked_late(account, order_of):
    order_of(account, "buy", "0.1")
    assert book(NEXT + timedelta(hours=17)) == 3
    assert [row[3][-5:] for row in paid()] == ["16:00", "00:00", "08:00"]


def test_who_opened_later_or_is_flat_by_then_pays_nothing(account, order_of):
    order_of(account, "buy", "0.1")
    order_of(account, "sell", "0.1")
    assert (book(), paid()) == (0, [])
    order_of(account, "buy", "0.1")
    Position.objects.open().update(opened_at=NEXT + timedelta(seconds=1))
    assert (book(NEXT + timedelta(seconds=2)), paid()) == (0, [])


@pytest.mark.parametrize("changes", [{"funding_rate": 0}, {"kind": "future"}])
def test_only_perpetuals_with_a_rate_have_funding(account, order_of, changes):
    order_of(account, "buy", "0.1")
    Instrument.objects.update(**changes)
    assert (book(), paid()) == (0, [])


def test_without_a_fresh_price_it_waits(account, order_of, still_market):
    order_of(account, "buy", "0.1")
    still_market.at = NOW
    assert (book(), paid()) == (0, [])
    still_market.at = None
    assert book(NEXT + timedelta(hours=1)) == 1


def test_the_stream_of_the_account_is_told(account, order_of):
    order_of(account, "buy", "0.1")
    book()
    told = Event.objects.latest("id").message["facts"]
    assert [fact["type"] for fact in told] == ["FundingBooked", "BalanceChanged"]
    assert (told[0]["amount"], told[1]["balance"]) == ("-0.5", "9998.5")


@pytest.mark.parametrize(
    ("after", "until", "hours"),
    [("00:00", "08:00", [8]), ("00:00", "07:59", []), ("07:59", "16:00", [8, 16]), ("16:00", "23:59", [])],
)
def test_fundings_are_at_eight_hours(after, until, hours):
    moment = [datetime.fromisoformat(f"2026-03-02T{clock}+00:00") for clock in (after, until)]
    assert [at.hour for at in funding_times(*moment)] == hours
