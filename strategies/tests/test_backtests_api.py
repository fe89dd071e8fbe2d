"""/backtests: asked for, run as a job in a child process, read, cancelled, deleted."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Job
from strategies.models import Backtest, BacktestArrays

ADDRESS = "/api/v1/backtests"
BODY = {
    "rule": "sma_cross",
    "symbol": "BTCUSDT",
    "interval": "1h",
    "start_date": "2026-01-01T00:00:00Z",
    "end_date": "2026-03-01T00:00:00Z",
}
FIELDS = {
    *("id", "strategy_id", "status", "progress_percent", "results", "created_at", "completed_at", "started_at"),
    *("rule", "parameters", "symbol", "instrument_id", "interval", "start_date", "end_date", "config"),
    *("error_code", "error"),
}
RATIOS = ("total_return", "cagr", "max_drawdown", "volatility", "win_rate", "sharpe_ratio", "sortino_ratio")


def test_a_backtest_is_stored_with_its_job_and_answered_whole(client, tom, btcusdt):
    answer = client.post(ADDRESS, BODY)
    body = answer.json()
    assert (answer.status_code, set(body)) == (201, FIELDS)
    assert (body["status"], body["progress_percent"], body["results"]) == ("pending", 0, None)
    assert (body["start_date"], body["end_date"]) == ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z")
    assert body["parameters"] == {"fast": 10, "slow": 30, "short": False}
    assert Job.objects.get().args == {"backtest_id": body["id"]}
    assert Backtest.objects.get().owner == tom


def test_what_is_not_said_of_the_config_is_the_instruments_own(client, btcusdt):
    config = client.post(ADDRESS, BODY).json()["config"]
    assert (config["initial_capital"], config["mode"], config["size"]) == ("10000", "percent_equity", "95")
    assert float(config["commission_rate"]) == float(btcusdt.commission_rate)
    assert (config["slippage_model"], config["allow_short"]) == ("size_relative", btcusdt.allows_short)


def test_the_bots_seeds_body_is_taken(client, tom, strategy_of):
    seeds = {"initial_capital": 10000.00, "mode": "PERCENT_EQUITY", "commission_rate": 0.001, "slippage_model": "FIXED"}
    body = {name: value for name, value in BODY.items() if name not in {"rule", "interval"}}
    told = client.post(ADDRESS, body | {"strategy_id": str(strategy_of(tom).pk), "config": seeds}).json()
    assert (told["interval"], told["rule"], told["config"]["commission_rate"]) == ("1h", "sma_cross", "0.001")
    assert (told["config"]["mode"], told["config"]["slippage_model"]) == ("percent_equity", "fixed")


def test_parameters_stand_over_those_of_the_strategy(client, tom, strategy_of):
    strategy = strategy_of(tom, parameters={"fast": 5, "slow": 50})
    body = {name: value for name, value in BODY.items() if name != "rule"}
    told = client.post(ADDRESS, body | {"strategy_id": str(strategy.pk), "parameters": {"fast": 7}}).json()
    assert told["parameters"] == {"fast": 7, "slow": 50, "short": False}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"rule": "no_such_rule"}, "rule"),
        ({"parameters": {"speed": 1}}, "parameters.speed"),
        ({"parameters": {"fast": 0}}, "parameters.fast"),
        ({"symbol": "NOSUCHCOIN"}, "symbol"),
        ({"interval": "7m"}, "interval"),
        ({"start_date": BODY["end_date"]}, "start_date"),
        ({"start_date": "soon"}, "start_date"),
        ({"end_date": "2026-01-01T01:00:00Z"}, "end_date"),
        ({"end_date": "2036-01-01"}, "end_date"),
        ({"interval": "1m", "start_date": "2020-01-01", "end_date": "2026-01-01"}, "start_date"),
        ({"config": {"mode": "ALL_IN"}}, "config.mode"),
        ({"config": {"mode": "FIXED"}}, "config.size"),
        ({"config": {"mode": "RISK_TO_STOP"}}, "config.stop_loss"),
        ({"config": {"size": 101}}, "config.size"),
        ({"config": {"leverage": 900}}, "config.leverage"),
        ({"config": {"commission_rate": -1}}, "config.commission_rate"),
        ({"config": {"stop_loss": 0}}, "config.stop_loss"),
        ({"config": {"initial_capital": 0}}, "config.initial_capital"),
        ({"strategy_id": "6f1c2a52-0000-4000-8000-000000000000"}, "strategy_id"),
        ({"speed": 1}, "speed"),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_stores_nothing(client, asked, field):
    answer = client.post(ADDRESS, BODY | asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not Backtest.objects.exists()
    assert not Job.objects.exists()


def test_candles_that_lack_are_named_with_how_to_fetch_them(client, on_bybit):
    answer = client.post(ADDRESS, BODY)
    body = answer.json()
    assert (answer.status_code, body["code"], list(body["errors"])) == (422, "CANDLES_MISSING", ["symbol"])
    assert "2026-01-01T00:00Z to 2026-03-01T00:00Z" in body["detail"]
    assert "manage.py backfill_candles BTCUSDT --interval 1h --start 2026-01-01T00:00Z" in body["detail"]
    assert not Job.objects.exists()


def test_a_strategy_without_a_rule_is_not_run(client, tom, strategy_of):
    body = {name: value for name, value in BODY.items() if name != "rule"}
    answer = client.post(ADDRESS, body | {"strategy_id": str(strategy_of(tom, rule="").pk)})
    assert (answer.status_code, answer.json()["code"]) == (422, "STRATEGY_WITHOUT_RULE")


def test_a_strangers_strategy_is_a_404(client_of, tom, mallory, strategy_of):
    body = {name: value for name, value in BODY.items() if name != "rule"}
    answer = client_of(mallory).post(ADDRESS, body | {"strategy_id": str(strategy_of(tom).pk)})
    assert (answer.status_code, Backtest.objects.count()) == (404, 0)


@pytest.fixture
def made(client):
    return client.post(ADDRESS, BODY).json()


@pytest.fixture
def done(client, made, run_jobs):
    run_jobs()
    return client.get(f"{ADDRESS}/{made['id']}").json()


@pytest.mark.slow
def test_a_finished_backtest_tells_its_results_equity_and_trades(done):
    assert (done["status"], done["progress_percent"], done["error"]) == ("completed", 100, None)
    assert all(isinstance(done["results"][name], str) for name in RATIOS)
    assert float(done["results"]["max_drawdown"]) > 0
    assert done["results"]["total_trades"] == sum(trade["closed_at"] is not None for trade in done["trades"])
    assert done["results"]["candles"] == {"count": 1416, "missing": 0, "warm_up": 30}
    assert (len(done["equity_curve"]) <= 1000, done["trades_total"]) == (True, len(done["trades"]))
    assert done["equity_curve"][-1] == {
        "timestamp": "2026-03-01T00:00:00Z",
        "equity": done["results"]["final_equity"],
    }
    assert datetime.fromisoformat(done["completed_at"]) <= datetime.now(UTC)


@pytest.mark.slow
def test_its_trades_come_by_page_and_its_equity_as_csv(client, done):
    page = client.get(f"{ADDRESS}/{done['id']}/trades", {"limit": 2, "offset": 1}).json()
    assert (page["items"], page["total"]) == (done["trades"][1:3], done["trades_total"])
    answer = client.get(f"{ADDRESS}/{done['id']}/equity")
    header, *lines = answer.content.decode().splitlines()
    assert (answer["Content-Type"], header, len(lines)) == ("text/csv", "timestamp,equity,position", 1416)
    assert lines[-1].startswith("2026-03-01T00:00:00Z,")
    assert f"equity-{done['id']}.csv" in answer["Content-Disposition"]


@pytest.mark.slow
def test_the_same_again_gives_the_same_trades(client, done, run_jobs):
    again = client.post(ADDRESS, BODY).json()
    run_jobs()
    assert client.get(f"{ADDRESS}/{again['id']}/trades").json()["items"] == done["trades"][:50]


@pytest.mark.parametrize("what", ["trades", "equity"])
def test_what_is_not_finished_has_none(client, made, what):
    answer = client.get(f"{ADDRESS}/{made['id']}/{what}")
    assert (answer.status_code, answer.json()["code"]) == (409, "NOT_FINISHED")


def test_delete_cancels_one_that_waits_and_then_hides_it(client, made, run_jobs):
    assert client.delete(f"{ADDRESS}/{made['id']}").status_code == 204
    told = client.get(f"{ADDRESS}/{made['id']}").json()
    assert (told["status"], told["results"], Job.objects.get().status) == ("cancelled", None, "cancelled")
    assert run_jobs() == 0
    assert client.delete(f"{ADDRESS}/{made['id']}").status_code == 204
    assert client.get(f"{ADDRESS}/{made['id']}").status_code == 404
    assert Backtest.objects.get().deleted_at is not None


def test_what_is_only_to_be_cancelled_stays_once_it_is_over(client, made):
    address = f"{ADDRESS}/{made['id']}"
    assert client.delete(f"{address}?only_cancel=perhaps").json()["errors"].keys() == {"only_cancel"}
    assert client.delete(f"{address}?only_cancel=true").status_code == 204
    again = client.delete(f"{address}?only_cancel=true")
    assert (again.status_code, again.json()["code"]) == (409, "RUN_OVER")
    assert client.get(address).json()["status"] == "cancelled"
    assert client.delete(f"{address}?only_cancel=false").status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.slow
def test_delete_hides_one_that_is_finished_and_its_arrays_stay(client, done):
    assert client.delete(f"{ADDRESS}/{done['id']}").status_code == 204
    assert (client.get(ADDRESS).json()["total"], BacktestArrays.objects.count()) == (0, 1)


@pytest.mark.parametrize("what", ["", "/trades", "/equity"])
def test_a_stranger_gets_a_404(client_of, mallory, made, what):
    assert client_of(mallory).get(f"{ADDRESS}/{made['id']}{what}").status_code == 404


def test_a_stranger_cancels_nothing(client_of, mallory, made):
    assert client_of(mallory).delete(f"{ADDRESS}/{made['id']}").status_code == 404
    assert Job.objects.get().status == "pending"


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ({"status": "PENDING"}, 1),
        ({"status": "completed"}, 0),
        ({"symbol": "BTCUSDT"}, 1),
        ({"symbol": "ETHUSDT"}, 0),
        ({"strategy_id": "6f1c2a52-0000-4000-8000-000000000000"}, 0),
    ],
    ids=str,
)
def test_the_list_is_narrowed(client, made, query, total):
    assert client.get(ADDRESS, query).json()["total"] == total


def test_the_list_holds_ones_own_and_an_admins_holds_all(client, client_of, ada, mallory, made):
    client_of(mallory).post(ADDRESS, BODY)
    assert [client_of(user).get(ADDRESS).json()["total"] for user in (mallory, ada)] == [1, 2]


def test_the_queries_of_the_list_do_not_grow(client, made):
    with CaptureQueriesContext(connection) as few:
        client.get(ADDRESS)
    [client.post(ADDRESS, BODY) for _ in range(3)]
    with CaptureQueriesContext(connection) as many:
        client.get(ADDRESS)
    assert len(many) == len(few)
