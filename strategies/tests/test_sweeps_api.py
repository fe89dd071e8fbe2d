"""/backtests/sweep: asked for, run in parts, ranked, told in and out of sample, cancelled."""

import subprocess
import sys

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.jobs import queue
from core.jobs.running import run_job
from core.models import Job
from market.models import Instrument
from strategies.models import Sweep, SweepPart
from strategies.services import sweeps
from strategies.tests.test_backtest_jobs import rule  # noqa: F401 - a fixture

ADDRESS = "/api/v1/backtests/sweep"
BODY = {
    "rule": "sma_cross",
    "symbol": "BTCUSDT",
    "start_date": "2026-01-01T00:00:00Z",
    "end_date": "2026-02-01T00:00:00Z",
    "parameters": {"fast": [5, 10], "slow": {"from": 20, "to": 40, "step": 10}},
}


@pytest.fixture
def in_parts(monkeypatch):
    """Two runs to a part: a sweep of six has three."""
    monkeypatch.setattr(sweeps, "PART_CANDLES", 744 * 2)


@pytest.fixture
def made(client):
    """Ask for a sweep and return its body."""

    def make(**asked):
        answer = client.post(ADDRESS, BODY | asked)
        assert answer.status_code == 201, answer.json()
        return answer.json()

    return make


def told(client, made):
    return client.get(f"{ADDRESS}s/{made['id']}").json()


def test_a_sweep_is_stored_in_parts_with_a_job_each(client, tom, in_parts):
    answer = client.post(ADDRESS, BODY | {"out_of_sample": 25, "rank_by": "CAGR"})
    body = answer.json()
    assert (answer.status_code, body["status"], body["runs"], body["progress_percent"]) == (201, "pending", 6, 0)
    assert body["plan"] == {
        "method": "grid",
        "samples": None,
        "rank_by": "cagr",
        "out_of_sample": "25",
        "windows": 0,
        "inside_steps": 3,
        "anchored": False,
        "heat_map": ["fast", "slow"],
    }
    assert list(SweepPart.objects.values_list("number", "first", "count")) == [(0, 0, 2), (1, 2, 2), (2, 4, 2)]
    assert set(Job.objects.values_list("name", "priority")) == {("run_sweep_part", "low")}
    assert Sweep.objects.get().owner == tom


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"rule": "no_such_rule"}, "rule"),
        ({"parameters": {"speed": [1]}}, "parameters.speed"),
        ({"parameters": {"fast": [0]}}, "parameters.fast"),
        ({"parameters": {"fast": {"from": 1, "to": 9, "step": 0}}}, "parameters.fast"),
        ({"parameters": {"fast": {"from": 1, "to": 200}, "slow": {"from": 201, "to": 400}}}, "parameters"),
        ({"method": "random"}, "samples"),
        ({"method": "magic"}, "method"),
        ({"rank_by": "luck"}, "rank_by"),
        ({"out_of_sample": 91}, "out_of_sample"),
        ({"out_of_sample": "0.5"}, "out_of_sample"),
        ({"walk_forward": {"windows": 51}}, "walk_forward.windows"),
        ({"walk_forward": {"windows": 50, "inside_steps": 50}}, "walk_forward"),
        ({"heat_map": ["fast", "fast"]}, "heat_map"),
        ({"heat_map": ["fast", "short"]}, "heat_map"),
        ({"start_date": BODY["end_date"]}, "start_date"),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_stores_nothing(client, asked, field):
    answer = client.post(ADDRESS, BODY | asked)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert (Sweep.objects.count(), SweepPart.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_the_cap_is_named(client, settings):
    settings.SWEEP_RUNS_MOST = 5
    body = client.post(ADDRESS, BODY).json()
    assert (body["code"], "at most 5" in body["detail"]) == ("TOO_MANY_RUNS", True)


@pytest.mark.slow
def test_a_finished_sweep_ranks_its_runs(client, made, in_parts, run_jobs):
    sweep = made(out_of_sample=25, walk_forward={"windows": 2})
    assert run_jobs() == 3
    body = told(client, sweep)
    assert (body["status"], body["progress_percent"], body["error"]) == ("completed", 100, None)
    results = body["results"]
    ratios = [float(run["in_sample"]["sharpe_ratio"]) for run in results["best"]]
    assert (len(ratios), ratios) == (6, sorted(ratios, reverse=True))
    assert results["in_sample"] == {"start": "2026-01-01T00:00:00Z", "end": "2026-01-24T06:00:00Z"}
    assert results["out_of_sample"] == {"start": "2026-01-24T06:00:00Z", "end": "2026-02-01T00:00:00Z"}
    assert (results["heat_map"]["xs"], results["heat_map"]["ys"]) == ([5, 10], [20, 30, 40])
    best = [float(cell) for row in results["heat_map"]["best"] for cell in row]
    assert max(best) == ratios[0]
    assert (results["deflated_sharpe"]["trials"], len(results["walk_forward"]["windows"])) == (6, 2)
    assert (results["failed"], results["candles"]["missing"]) == (0, 0)


@pytest.mark.slow
def test_its_best_run_is_what_a_backtest_of_it_finds(client, made, run_jobs):
    sweep = made()
    run_jobs()
    best = told(client, sweep)["results"]["best"][0]
    terms = {name: value for name, value in BODY.items() if name != "parameters"}
    asked = client.post("/api/v1/backtests", terms | {"parameters": best["parameters"]}).json()
    run_jobs()
    alone = client.get(f"/api/v1/backtests/{asked['id']}").json()["results"]
    assert {name: alone[name] for name in best["in_sample"]} == best["in_sample"]


@pytest.mark.slow
def test_a_random_sample_is_drawn(client, made, run_jobs):
    sweep = made(method="random", samples=5, parameters={"fast": {"from": 2, "to": 20}, "slow": {"from": 21, "to": 60}})
    run_jobs()
    assert (sweep["runs"], len(told(client, sweep)["results"]["best"])) == (5, 5)


def test_progress_is_that_of_all_parts(client, made, in_parts):
    sweep = made()
    job = queue.take_next(now=timezone.now())
    queue.report(job, 45, {}, now=timezone.now())
    assert (told(client, sweep)["status"], told(client, sweep)["progress_percent"]) == ("running", 15)
    SweepPart.objects.filter(job=job.pk).update(data=b"done")
    queue.complete(job, {}, now=timezone.now())
    assert round(told(client, sweep)["progress_percent"], 1) == 33.3


@pytest.mark.slow
def test_a_part_whose_worker_was_killed_runs_anew_and_the_others_are_kept(client, made, in_parts, run_jobs):
    sweep = made()
    run_job(queue.take_next(now=timezone.now()), clock=timezone.now)
    first = SweepPart.objects.exclude(data=None).get()
    queue.take_next(now=timezone.now())
    queue.release_dead(now=timezone.now() + queue.DEAD_AFTER * 2)
    Job.objects.filter(status="pending").update(due_at=timezone.now())
    assert run_jobs() == 2
    assert told(client, sweep)["status"] == "completed"
    assert bytes(SweepPart.objects.get(pk=first.pk).data) == bytes(first.data)


@pytest.mark.slow
def test_whoever_dies_while_all_is_put_together_is_followed_by_another(client, made, run_jobs, monkeypatch):
    sweep = made()
    run_jobs()
    Sweep.objects.update(ended="", results={})
    Job.objects.update(status="pending", due_at=timezone.now())
    assert run_jobs() == 1
    assert told(client, sweep)["status"] == "completed"
    assert told(client, sweep)["results"]["best"]


@pytest.mark.slow
def test_a_rule_that_always_raises_fails_the_sweep_with_its_own_words(client, made, rule, run_jobs):  # noqa: F811
    rule("raise ValueError('tide')")
    sweep = made(rule="own", parameters={"level": [1, 2, 3]})
    run_jobs()
    body = told(client, sweep)
    assert (body["status"], body["error_code"], body["results"]) == ("failed", "RULE_FAILED", None)
    assert "The rule raised ValueError: tide (own.py, line 8)" in body["error"]


@pytest.mark.slow
def test_a_rule_that_raises_for_one_set_fails_that_run_alone(client, made, rule, run_jobs):  # noqa: F811
    rule("return candles.close * 0 if level else 1 / 0")
    sweep = made(rule="own", parameters={"level": [1, 0, 2]})
    run_jobs()
    results = told(client, sweep)["results"]
    assert (results["failed"], "ZeroDivisionError" in results["first_error"]) == (1, True)
    assert [run["error"] is None for run in results["best"]] == [True, False, True]


def test_a_part_that_fails_fails_the_sweep_and_cancels_the_others(client, made, run_jobs, in_parts, btcusdt):
    sweep = made()
    Instrument.objects.filter(pk=btcusdt.pk).update(source="bybit")
    assert run_jobs() == 1
    body = told(client, sweep)
    assert (body["status"], body["error_code"]) == ("failed", "CANDLES_MISSING")
    assert sorted(Job.objects.values_list("status", flat=True)) == ["cancelled", "cancelled", "failed"]


def test_delete_cancels_all_parts_and_then_hides_it(client, made, in_parts, run_jobs):
    sweep = made()
    assert client.delete(f"{ADDRESS}s/{sweep['id']}").status_code == 204
    assert (told(client, sweep)["status"], set(Job.objects.values_list("status", flat=True))) == (
        "cancelled",
        {"cancelled"},
    )
    assert run_jobs() == 0
    assert client.delete(f"{ADDRESS}s/{sweep['id']}").status_code == 204
    assert client.get(f"{ADDRESS}s/{sweep['id']}").status_code == 404


def test_what_is_only_to_be_cancelled_stays_once_it_is_over(client, made, in_parts):
    sweep = made()
    only_cancel = f"{ADDRESS}s/{sweep['id']}?only_cancel=true"
    assert [client.delete(only_cancel).status_code for _ in range(2)] == [204, 409]
    assert told(client, sweep)["status"] == "cancelled"


def test_one_whose_part_was_cancelled_is_cancelled(client, made, in_parts):
    sweep = made()
    queue.cancel(Job.objects.first().pk, now=timezone.now())
    assert told(client, sweep)["status"] == "cancelled"


def test_a_stranger_sees_nothing(client_of, mallory, made):
    sweep = made()
    other = client_of(mallory)
    assert other.get(f"{ADDRESS}s/{sweep['id']}").status_code == 404
    assert other.delete(f"{ADDRESS}s/{sweep['id']}").status_code == 404
    assert other.get(f"{ADDRESS}s").json()["total"] == 0


def test_the_list_is_narrowed_and_its_queries_do_not_grow(client, made, in_parts):
    made()
    with CaptureQueriesContext(connection) as few:
        assert client.get(f"{ADDRESS}s", {"status": "pending"}).json()["total"] == 1
    [made() for _ in range(2)]
    with CaptureQueriesContext(connection) as many:
        assert client.get(f"{ADDRESS}s", {"status": "pending"}).json()["total"] == 3
    assert len(many) == len(few)
    assert client.get(f"{ADDRESS}s", {"status": "failed"}).json()["total"] == 0


def test_the_statements_of_asking_do_not_grow_with_parts(client, made, monkeypatch):
    with CaptureQueriesContext(connection) as few:
        made()
    monkeypatch.setattr(sweeps, "PART_CANDLES", 744)
    with CaptureQueriesContext(connection) as many:
        made()
    assert (SweepPart.objects.count(), len(many)) == (7, len(few))


def test_a_process_that_takes_requests_compiles_nothing():
    program = "import django; django.setup(); import config.urls, sys; print({'numba', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
