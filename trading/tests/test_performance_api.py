"""GET /accounts/{id}/performance."""

import pytest

from accounts.models import Share
from conftest import NOW
from trading.models import EquityPoint

pytestmark = pytest.mark.usefixtures("still_market", "no_slippage")

METRICS = {
    *("total_return", "cagr", "volatility", "max_drawdown", "sharpe_ratio", "sortino_ratio", "calmar_ratio"),
    *("win_rate", "profit_factor", "expectancy", "total_trades", "winning_trades", "losing_trades"),
    *("total_pnl", "realized_pnl", "fees", "funding", "paid_in", "start_equity", "end_equity", "days"),
}


@pytest.fixture
def account(tom, account_of):
    """Tom's account: 1,000 at noon, 1,250 at two, 1,000 at three."""
    account = account_of(tom, balance="1000")
    for hour, equity in ((14, 1250), (15, 1000)):
        at = NOW.replace(hour=hour)
        EquityPoint.objects.create(account=account, at=at, balance=1000, equity=equity, net_deposits=1000)
    return account


@pytest.fixture
def ask(account, tom, client_of):
    """Ask for a range: status and body."""
    client = client_of(tom)

    def answer(**query):
        told = client.get(f"/api/v1/accounts/{account.id}/performance", query)
        return told.status_code, told.json()

    return answer


def test_its_shape(ask, account):
    status, body = ask()
    assert (status, set(body)) == (200, {"account_id", "time_range", "metrics", "equity_curve"})
    assert (body["account_id"], set(body["metrics"])) == (str(account.id), METRICS)
    assert body["time_range"]["start_date"] == "2026-03-02T12:00:00Z"


def test_ratios_are_percents_and_a_drawdown_is_positive(ask):
    # 1,250 ÷ 1,000 − 1 = 25%; 1,000 ÷ 1,250 − 1 = −20%; from 14:30 to midnight are 9.5 ÷ 24 days
    _, body = ask(start_date="2026-03-02T12:00:00Z", end_date="2026-03-02T14:30:00")
    metrics = body["metrics"]
    assert (metrics["total_return"], metrics["max_drawdown"], metrics["end_equity"]) == ("25", "0", "1250")
    _, body = ask(start_date="2026-03-02T14:30:00Z", end_date="2026-03-02")
    assert (body["metrics"]["total_return"], body["metrics"]["max_drawdown"]) == ("-20", "20")
    assert (body["metrics"]["cagr"], body["metrics"]["win_rate"], body["metrics"]["days"]) == (None, None, "0.3958")


def test_dates_are_whole_days(ask):
    _, body = ask(start_date="2026-03-01", end_date="2026-03-04")
    assert body["time_range"] == {"start_date": "2026-03-01T00:00:00Z", "end_date": "2026-03-04T23:59:59Z"}
    assert [point["equity"] for point in body["equity_curve"]] == ["1000", "1250", "1000", "1000"]
    assert body["equity_curve"][0]["timestamp"] == "2026-03-02T12:00:00Z"


def test_times_of_other_zones_are_read(ask):
    _, body = ask(start_date="2026-03-02T14:00:00+02:00", end_date="2026-03-02T16:00:00+02:00")
    assert body["time_range"] == {"start_date": "2026-03-02T12:00:00Z", "end_date": "2026-03-02T14:00:00Z"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start_date": "2026-03-05", "end_date": "2026-03-04"}, "start_date"),
        ({"start_date": "9999-12-31"}, "start_date"),
        ({"start_date": "9998-12-31", "end_date": "9999-12-31"}, "start_date"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"end_date": "2026-02-30"}, "end_date"),
        ({"end_date": "2026-03-02T25:00:00Z"}, "end_date"),
        ({"end_date": "0001-01-01T00:00:00+14:00"}, "end_date"),
        ({"end_date": ""}, "end_date"),
        ({"end_date": "1"}, "end_date"),
    ],
)
def test_a_range_that_makes_no_sense_is_a_422_that_names_it(ask, query, field):
    status, body = ask(**query)
    assert (status, list(body["errors"])) == (422, [field])


@pytest.mark.parametrize("query", [{"end_date": "9999-12-31"}, {"start_date": "0001-01-01"}])
def test_a_range_may_be_as_long_as_it_likes(ask, query):
    assert ask(**query)[0] == 200


@pytest.mark.parametrize(("scope", "status"), [("account", 200), ("group", 404), ("bot", 404)])
def test_only_a_share_of_the_account_shows_it(account, vic, client_of, scope, status):
    Share.objects.create(user=vic, scope_type=scope, scope_id=account.id)
    assert client_of(vic).get(f"/api/v1/accounts/{account.id}/performance").status_code == status


def test_a_stranger_finds_nothing(account, mallory, client_of):
    assert client_of(mallory).get(f"/api/v1/accounts/{account.id}/performance").status_code == 404
