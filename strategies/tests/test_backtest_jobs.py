"""A backtest's job: rules that fail, work that is stopped or taken over, processes that die; nothing half-written."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

from core.errors import AppError
from core.jobs import queue
from core.jobs.queue import Stopped
from core.jobs.running import RunningJob, run_job
from core.models import Job
from market.intervals import Interval
from market.tests.candles.making import walk
from strategies.catalogue import forget
from strategies.child import process
from strategies.child.process import ChildDied, ask_child
from strategies.child.request import CANDLES, write_candles
from strategies.jobs.backtests import run_backtest
from strategies.models import Backtest, BacktestArrays
from strategies.services.backtests import store_results
from strategies.tests.test_backtests_api import ADDRESS, BODY

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

RULE = """
import time

from strategies.rule import Rule


def targets(candles, level):
    {line}


LEVEL = {{"type": "integer", "default": 0}}
RULE = Rule("own", "Own", "A rule of the desk's own.", {{"level": LEVEL}}, targets, lambda parameters: 0)
"""


@pytest.fixture
def rule(settings, tmp_path):
    """Give the desk a rule of its own, `own`, with this line in it."""
    settings.STRATEGY_RULES_FOLDER = tmp_path

    def write(line):
        (tmp_path / "own.py").write_text(RULE.format(line=line))
        forget()

    yield write
    forget()


@pytest.fixture
def made(client):
    """Ask for a backtest and return its row."""

    def make(**asked):
        answer = client.post(ADDRESS, BODY | asked)
        assert answer.status_code == 201, answer.json()
        return Backtest.objects.get(pk=answer.json()["id"])

    return make


def told(client, backtest):
    body = client.get(f"{ADDRESS}/{backtest.pk}").json()
    return body["status"], body["error_code"], body["error"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("raise KeyError('tide')", "The rule raised KeyError: 'tide' (own.py, line 8)"),
        ("return candles.close[1:]", "The rule returned an array of shape (1415,); targets are an array of"),
        ("return candles.close", "The rule's target at candle 0 is"),
        ("return None", "The rule returned a NoneType"),
    ],
)
def test_a_rule_that_fails_fails_the_backtest_with_its_own_words(client, rule, made, run_jobs, line, said):
    rule(line)
    backtest = made(rule="own")
    run_jobs()
    status, code, error = told(client, backtest)
    assert (status, code, error[: len(said)]) == ("failed", "RULE_FAILED", said)
    assert not BacktestArrays.objects.exists()
    job = Job.objects.get()
    assert (job.status, job.error_code, job.attempts) == ("failed", "RULE_FAILED", 1)


def test_why_it_failed_is_told_when_its_job_is_forgotten(client, rule, made, run_jobs):
    rule("raise ValueError('tide')")
    backtest = made(rule="own")
    run_jobs()
    Job.objects.all().delete()
    assert told(client, backtest)[:2] == ("failed", "RULE_FAILED")


def test_what_a_rule_prints_and_reads_disturbs_nobody(client, rule, made, run_jobs):
    rule("print('{}'); input_lines = __import__('sys').stdin.read(); return candles.close * 0")
    backtest = made(rule="own")
    run_jobs()
    assert told(client, backtest) == ("completed", None, None)


def test_a_rule_sees_no_secret_of_the_desk(client, rule, made, run_jobs, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hush-hush")
    rule("raise ValueError([name for name, value in __import__('os').environ.items() if value == 'hush-hush'])")
    backtest = made(rule="own")
    run_jobs()
    assert "The rule raised ValueError: []" in told(client, backtest)[2]


def test_a_process_that_dies_is_tried_again(client, rule, made, run_jobs):
    rule("__import__('os').kill(__import__('os').getpid(), 9)")
    backtest = made(rule="own")
    run_jobs()
    assert (Job.objects.get().status, Job.objects.get().error_code) == ("pending", "CHILD_DIED")
    assert (told(client, backtest)[0], Backtest.objects.get().ended) == ("pending", "")


def test_a_rule_that_never_ends_is_ended(client, rule, made, run_jobs, monkeypatch):
    monkeypatch.setattr(process, "LONGEST_SECONDS", 2)
    rule("time.sleep(300)")
    backtest = made(rule="own")
    run_jobs()
    assert told(client, backtest)[:2] == ("failed", "TOOK_TOO_LONG")


def children_of(process_id: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()]


def lives(process_id: int) -> bool:
    """Whether a process is there and no zombie."""
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def gone_within(process_id: int, seconds: float) -> bool:
    ends_at = time.monotonic() + seconds
    while lives(process_id) and time.monotonic() < ends_at:
        time.sleep(0.05)
    return not lives(process_id)


class Cancelling:
    """A Work that is cancelled once the child process runs."""

    def __init__(self) -> None:
        self.args, self.state, self.child = {}, {}, 0
        self._others = children_of(os.getpid())

    def report(self, progress_percent: float, **_: object) -> None:
        if self.child:
            raise Stopped
        [self.child] = set(children_of(os.getpid())) - set(self._others)


def test_work_that_is_cancelled_leaves_no_process_and_no_results(rule, made):
    rule("time.sleep(300)")
    work = Cancelling()
    work.args, began = {"backtest_id": made(rule="own").pk}, time.monotonic()
    with pytest.raises(Stopped):
        run_backtest(work)
    assert (lives(work.child), time.monotonic() - began < 200) == (False, True)
    assert (Backtest.objects.get().ended, BacktestArrays.objects.count()) == ("", 0)


def test_results_of_work_that_another_took_over_are_not_written(client, made):
    backtest = made()
    slow = queue.take_next(now=timezone.now())
    Job.objects.filter(pk=slow.pk).update(attempts=2)
    run_job(slow, clock=timezone.now)
    assert (told(client, backtest)[0], Backtest.objects.get().ended, BacktestArrays.objects.count()) == (
        "running",
        "",
        0,
    )


def test_results_that_come_too_late_are_not_written_either(made):
    backtest = made()
    late = RunningJob(queue.take_next(now=timezone.now()), clock=timezone.now)
    Job.objects.update(attempts=2)
    with pytest.raises(Stopped):
        store_results(backtest.pk, late, results={"days": 1}, arrays=b"late", now=timezone.now())
    assert (Backtest.objects.get().ended, BacktestArrays.objects.count()) == ("", 0)


def test_results_that_come_after_the_end_are_not_written(made):
    backtest = made()
    work = RunningJob(queue.take_next(now=timezone.now()), clock=timezone.now)
    Backtest.objects.update(ended="cancelled")
    with pytest.raises(Stopped):
        store_results(backtest.pk, work, results={"days": 1}, arrays=b"late", now=timezone.now())
    assert (Backtest.objects.get().results, BacktestArrays.objects.count()) == ({}, 0)


def test_a_killed_workers_backtest_runs_anew(client, made, run_jobs):
    backtest = made()
    queue.take_next(now=timezone.now())
    queue.release_dead(now=timezone.now() + queue.DEAD_AFTER * 2)
    Job.objects.update(due_at=timezone.now())
    assert run_jobs() == 1
    assert (told(client, backtest)[0], Job.objects.get().attempts) == ("completed", 2)


def test_one_that_is_over_is_not_run_again(client, made, run_jobs):
    backtest = made()
    run_jobs()
    first = Backtest.objects.get().completed_at
    Job.objects.update(status="pending")
    run_jobs()
    assert (Job.objects.get().result, Backtest.objects.get().completed_at) == ({"status": "over"}, first)
    assert told(client, backtest)[0] == "completed"


def test_a_cancelled_one_is_not_run_by_another_job_either(client, made, run_jobs):
    backtest = made()
    client.delete(f"{ADDRESS}/{backtest.pk}")
    queue.enqueue("run_backtest", {"backtest_id": str(backtest.pk)}, now=timezone.now())
    run_jobs()
    assert (told(client, backtest)[0], BacktestArrays.objects.count()) == ("cancelled", 0)


@pytest.fixture
def parent(tmp_path):
    """A process that has a child process working for it on a rule that sleeps; killed at the end."""
    (tmp_path / "own.py").write_text(RULE.format(line="print('here', flush=True); time.sleep(300)"))
    (tmp_path / "work").mkdir()
    write_candles(walk(10, interval=Interval.H1), tmp_path / "work" / CANDLES)
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while "here" not in running.stdout.readline():
        continue
    yield running
    running.kill()
    running.communicate()


PARENT = """
import sys
from pathlib import Path

from django.conf import settings

folder = Path(sys.argv[1]) / "work"
settings.configure(STRATEGY_RULES_FOLDER=folder.parent, STRATEGY_RULES=[], DATA_DIR=folder.parent)

from strategies.child.process import ask_child

request = {"rule": "own", "parameters": {"level": 0}, "interval": "1h", "first": 0}
ask_child("backtest", request, folder=folder, heard=lambda share: print((folder / "log.txt").read_text(), flush=True))
"""


def test_the_child_ends_when_its_parent_is_killed_and_leaves_nothing_behind(parent, tmp_path):
    [child] = children_of(parent.pid)
    parent.kill()
    assert gone_within(child, 60)
    assert not (tmp_path / "work").exists()


def test_a_child_that_says_nothing_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/bin/true")
    with pytest.raises(ChildDied):
        ask_child("backtest", {}, folder=tmp_path, heard=lambda share: None)


def test_what_no_rule_of_ours_refused_is_a_fault_of_the_desk(tmp_path):
    with pytest.raises(AppError) as fault:
        ask_child("backtest", {"interval": "1h"}, folder=tmp_path, heard=lambda share: None)
    assert fault.value.code == "INTERNAL"
