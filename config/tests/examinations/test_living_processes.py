"""Workers and beat: one that lives is seen, one that does not is told."""

import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.celery import app
from config.examinations.processes import LONG_QUEUE, beat_finding, examine_beat, examine_workers, queue_finding
from config.tests.desks import needs_servers, redis_server
from config.tests.processes import bootstrap, environment, free_port, run, started
from conftest import NOW

REDIS_URL = os.environ.get("TEST_REDIS_URL", "")


def test_an_embedded_desk_is_not_asked(settings):
    settings.REDIS_URL = ""
    assert [finding.level for finding in examine_workers()] == ["skipped"]


@pytest.mark.parametrize(("length", "level"), [(0, "ok"), (LONG_QUEUE, "ok"), (LONG_QUEUE + 1, "warning")])
def test_a_long_queue_is_told(length, level):
    assert queue_finding(length).level == level


@pytest.mark.skipif(not REDIS_URL, reason="needs TEST_REDIS_URL")
def test_no_worker_is_an_error(settings, monkeypatch):
    settings.REDIS_URL = REDIS_URL
    monkeypatch.setattr(app.control, "inspect", lambda timeout: NobodyAnswers())
    assert [finding.level for finding in examine_workers()] == ["error", "ok"]


class NobodyAnswers:
    """What Celery returns where no worker is."""

    def ping(self):
        return None


@pytest.mark.slow
@needs_servers
def test_a_worker_that_lives_answers(tmp_path):
    port = free_port()
    bootstrap(environment(tmp_path))
    env = environment(tmp_path, REDIS_URL=f"redis://127.0.0.1:{port}/0")
    worker = (sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1", "--pool", "solo")
    with redis_server(tmp_path, port), started(*worker, env=env, log=tmp_path / "worker.log"):
        assert "worker(s) answer" in told_of_workers(env)


def told_of_workers(env):
    """Ask again while the worker starts."""
    for _ in range(40):
        with suppress(subprocess.CalledProcessError):
            return run("manage.py", "doctor", "--only", "workers", env=env)
    return ""


@pytest.mark.parametrize(
    ("redis_url", "silent", "level"),
    [("redis://x", 300, "ok"), ("redis://x", 301, "error"), ("", 301, "warning"), ("", 1, "ok")],
    ids=str,
)
def test_a_silent_beat_is_told(settings, redis_url, silent, level):
    settings.REDIS_URL = redis_url
    assert beat_finding(NOW - timedelta(seconds=silent), now=NOW).level == level


@pytest.mark.django_db
def test_the_last_run_of_an_enabled_task_is_what_counts(settings):
    settings.REDIS_URL = "redis://x"
    every = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    task = PeriodicTask.objects.create(name="sweep", task="sweep", interval=every)
    before = [finding.level for finding in examine_beat()]
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=NOW + timedelta(days=36_500))
    assert (before, [finding.level for finding in examine_beat()]) == (["warning"], ["ok"])
