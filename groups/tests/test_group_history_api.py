"""/groups/{id}/performance and /history: the accounts of a group as one, by the day, payments taken out.

Two accounts of 10,000 are opened on Monday, 2 March 2026, 12:00. Together they are worth

    Tue 00:00   10,100 +  9,900 = 20,000
    Tue 15:00   10,100 + 14,950 = 25,050   5,000 were paid into the second
    Wed 00:00   10,300 + 14,950 = 25,250   gained since Tuesday: 20,050/20,000 × 25,250/25,050 = 1.01050399
    Thu 00:00    9,795 + 14,950 = 24,745   lost: 24,745/25,250 = 0.98
"""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share, TradingAccount
from groups.services.membership import add_accounts, create_group, remove_account
from trading.models import EquityPoint

RANGE = "start_date=2026-03-01&end_date=2026-03-04"


def point(account, day, equity, *, hour=0, paid_in="10000"):
    at = datetime(2026, 3, day, hour, tzinfo=UTC)
    EquityPoint.objects.create(account=account, at=at, balance=equity, equity=equity, net_deposits=paid_in)


@pytest.fixture
def accounts(tom, account_of):
    first, second = account_of(tom), account_of(tom)
    point(first, 3, "10050", hour=7)  # within the day: not told
    point(first, 3, "10100")
    point(first, 3, "10100", hour=15)
    point(first, 4, "10300")
    point(first, 5, "9795")
    point(second, 3, "9900")
    point(second, 3, "14950", hour=15, paid_in="15000")
    return [first, second]


@pytest.fixture
def group(ada, accounts):
    return create_group(name="Desk", created_by=ada, accounts=accounts)


@pytest.fixture
def ask(group, ada, client_of):
    """Ask for figures of the group: `ask("history", "interval=week")`."""
    return lambda what, query=RANGE, user=ada: client_of(user).get(f"/api/v1/groups/{group.id}/{what}?{query}")


def history(answer):
    columns = ("start", "end", "equity", "pnl", "paid_in", "total_return", "drawdown")
    return [tuple(row[name] for name in columns) for row in answer.json()["data"]["history"]]


MONDAY = ("2026-03-02T12:00:00Z", "2026-03-03T00:00:00Z", "20000", "0", "0", "0", "0")
TUESDAY = ("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z", "25250", "250", "5000", "1.0504", "0")
WEDNESDAY = ("2026-03-04T00:00:00Z", "2026-03-05T00:00:00Z", "24745", "-505", "0", "-2", "2")
# 1.01050399 × 0.98 = 0.99029391
ALL = ("2026-03-02T12:00:00Z", "2026-03-05T00:00:00Z", "24745", "-255", "5000", "-0.9706", "0.9706")


def test_history_by_the_day(ask):
    answer = ask("history", f"{RANGE}&interval=DAY")
    body = answer.json()
    assert (answer.status_code, set(body), body["message"]) == (
        200,
        {"success", "message", "data"},
        "Historical data retrieved",
    )
    assert history(answer) == [MONDAY, TUESDAY, WEDNESDAY]
    assert (body["data"]["interval"], body["data"]["currency"]) == ("day", "USDT")
    assert body["data"]["period"] == {"start": "2026-03-01T00:00:00Z", "end": "2026-03-04T23:59:59Z"}


@pytest.mark.parametrize("interval", ["week", "month"])
def test_a_period_that_is_not_over_ends_with_the_range(ask, interval):
    assert history(ask("history", f"{RANGE}&interval={interval}")) == [ALL]


@pytest.mark.parametrize(
    ("interval", "ends"),
    [
        ("week", ["2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z", "2026-03-17T00:00:00Z"]),
        ("month", ["2026-03-17T00:00:00Z"]),
    ],
)
def test_weeks_end_with_sunday_and_months_with_their_last_day(ask, interval, ends):
    rows = history(ask("history", f"start_date=2026-03-01&end_date=2026-03-16&interval={interval}"))
    assert [row[1] for row in rows] == ends


def test_the_first_of_a_month_is_a_border(ask):
    rows = history(ask("history", "start_date=2026-03-03&end_date=2026-05-01&interval=month"))
    assert [row[1][:10] for row in rows] == ["2026-04-01", "2026-05-01", "2026-05-02"]


def test_a_range_begins_with_what_stood_then(ask):
    assert history(ask("history", "start_date=2026-03-04&end_date=2026-03-04")) == [WEDNESDAY]


def test_performance_is_that_of_all_as_one(group, ask):
    told = ask("performance").json()["data"]["performance"]
    metrics = told["metrics"]
    money = {name: metrics[name] for name in ("start_equity", "end_equity", "paid_in", "total_pnl")}
    assert money == {"start_equity": "20000", "end_equity": "24745", "paid_in": "5000", "total_pnl": "-255"}
    assert (metrics["total_return"], metrics["max_drawdown"]) == ("-0.9706", "2")
    assert (told["group_id"], told["currency"], told["accounts"]) == (str(group.id), "USDT", 2)
    assert [row["equity"] for row in told["equity_curve"]] == ["20000", "20000", "25050", "25250", "24745"]


def test_of_one_account_it_says_what_the_account_says(group, accounts, ask, tom, client_of):
    remove_account(group, accounts[1].id)
    alone = client_of(tom).get(f"/api/v1/accounts/{accounts[0].id}/performance?{RANGE}").json()["metrics"]
    assert ask("performance").json()["data"]["performance"]["metrics"] == alone


def test_other_currencies_are_not_summed(group, ask, tom, account_of):
    add_accounts(group, [account_of(tom, currency="KRW", balance="5000000").id])
    told = ask("performance").json()["data"]["performance"]
    assert (told["accounts"], told["metrics"]["end_equity"]) == (2, "24745")


def test_currencies_at_par_are(accounts, ask):
    TradingAccount.objects.filter(pk=accounts[0].pk).update(currency="USDC")
    told = ask("performance").json()["data"]["performance"]
    assert (told["currency"], told["metrics"]["end_equity"]) == ("USD", "24745")


def test_until_now_it_ends_with_what_the_accounts_are_worth(ask):
    told = ask("performance", "start_date=2026-03-01").json()["data"]["performance"]
    assert told["metrics"]["end_equity"] == "20000"  # the points above were made up: no money moved


def test_without_a_range_it_is_of_thirty_days(ask):
    period = ask("history", "").json()["data"]["period"]
    start, end = (datetime.fromisoformat(period[name]) for name in ("start", "end"))
    assert (end - start).days == 30


@pytest.mark.parametrize("what", ["performance", "history"])
def test_an_empty_group_earned_nothing(ada, client_of, what):
    empty = create_group(name="Empty", created_by=ada)
    answer = client_of(ada).get(f"/api/v1/groups/{empty.id}/{what}?{RANGE}")
    assert (answer.status_code, answer.json()["data"].get("history", [])) == (200, [])


@pytest.mark.parametrize("what", ["performance", "history"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start_date=2026-03-05&end_date=2026-03-04", "start_date"),
        ("start_date=2999-01-01", "start_date"),
        ("start_date=1990-01-01", "start_date"),
        ("start_date=tomorrow", "start_date"),
        ("end_date=2026-02-30", "end_date"),
    ],
)
def test_a_range_that_is_none_is_a_422(ask, what, query, field):
    answer = ask(what, query)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


@pytest.mark.parametrize("query", ["end_date=0001-01-01", "start_date=0001-01-01&end_date=0001-01-09"])
@pytest.mark.parametrize("what", ["performance", "history", "history?interval=month&", "history?interval=week&"])
def test_a_range_in_the_first_days_of_all_is_answered(ask, what, query):
    what, _, interval = what.partition("?")
    assert ask(what, interval + query).status_code == 200


@pytest.mark.parametrize("interval", ["hour", "1d", ""])
def test_an_interval_that_is_none_is_a_422(ask, interval):
    answer = ask("history", f"{RANGE}&interval={interval}")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["interval"])


@pytest.mark.parametrize("what", ["performance", "history", "metrics"])
def test_who_is_shown_the_group_reads_it_and_nobody_else(group, ask, vic, tom, what):
    Share.objects.create(user=vic, scope_type="group", scope_id=group.id)
    assert [ask(what, user=user).status_code for user in (vic, tom)] == [200, 404]


@pytest.mark.parametrize("what", ["performance", "history", "metrics"])
def test_a_group_that_is_not_there_is_a_404(ada, client_of, what):
    assert client_of(ada).get(f"/api/v1/groups/{uuid.uuid4()}/{what}").status_code == 404


@pytest.mark.parametrize("what", ["", "performance", "history", "metrics"])
def test_the_statements_do_not_grow_with_the_accounts(group, ask, tom, account_of, what):
    few = statements(ask, what)
    add_accounts(group, [account_of(tom).id for _ in range(20)])
    assert (statements(ask, what), few < 25) == (few, True)


def statements(ask, what):
    with CaptureQueriesContext(connection) as queries:
        assert ask(what, RANGE).status_code == 200
    return len(queries)
