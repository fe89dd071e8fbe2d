"""Jobs: taken once, in order, gone on with after a crash, stopped when cancelled, their end always written."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection
from rest_framework import serializers

from core.errors import Conflict, Missing, Unavailable
from core.jobs import catalogue, queue, running
from core.jobs.queue import Stopped, enqueue, take_next
from core.jobs.running import run_due, run_job
from core.models import Job, JobPriority

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAIT_SECONDS = 60


class Args(serializers.Serializer):
    number = serializers.IntegerField(default=1)


@pytest.fixture
def job_of(monkeypatch):
    """Ask for a job that does what a function does."""
    monkeypatch.setattr(catalogue, "_kinds", {})

    def ask(work, **values):
        catalogue.register("count", args=Args, run=work)
        return enqueue("count", {"number": 3}, now=NOW, **values)

    return ask


def at(seconds=0):
    return lambda: NOW + timedelta(seconds=seconds)


def nothing(work):
    return {}


def raises(error):
    def work(_):
        raise error

    return work


class TestTaking:
    def test_the_urgent_come_first_then_the_oldest(self, job_of):
        names = [JobPriority.LOW, JobPriority.NORMAL, JobPriority.HIGH, JobPriority.HIGH]
        jobs = [enqueue("count", {}, now=NOW + timedelta(seconds=i), priority=name) for i, name in enumerate(names)]
        later = NOW + timedelta(minutes=1)
        assert [take_next(now=later).pk, take_next(now=later).pk] == [jobs[2].pk, jobs[3].pk]

    def test_no_more_than_two_run_at_once(self, job_of):
        [job_of(nothing) for _ in range(3)]
        assert [take_next(now=NOW) is None for _ in range(3)] == [False, False, True]

    def test_one_that_is_not_due_waits(self, job_of):
        job_of(nothing)
        assert take_next(now=NOW - timedelta(seconds=1)) is None

    def test_more_run_at_once_where_the_desk_is_set_to(self, job_of, settings):
        settings.JOBS_AT_ONCE = 3
        [job_of(nothing) for _ in range(4)]
        assert [take_next(now=NOW) is None for _ in range(4)] == [False, False, False, True]

    def test_nobody_takes_what_another_took(self, job_of, settings):
        job = job_of(nothing)
        Job.objects.filter(pk=job.pk).update(status="running")
        settings.JOBS_AT_ONCE = 9
        assert take_next(now=NOW) is None


class TestRunning:
    def test_result_and_end_are_written(self, job_of):
        job = job_of(lambda work: {"twice": 2 * work.args["number"]})
        assert run_due(clock=at(5)) == 1
        job.refresh_from_db()
        assert (job.status, job.result, job.progress_percent) == ("completed", {"twice": 6}, 100)
        assert (job.attempts, job.finished_at) == (1, NOW + timedelta(seconds=5))

    def test_a_source_that_is_down_is_tried_again_after_growing_pauses(self, job_of):
        job = job_of(raises(Unavailable("It is away.")), max_retries=2)
        run_due(clock=at(0))
        job.refresh_from_db()
        assert (job.status, job.error, job.due_at) == ("pending", "It is away.", NOW + timedelta(seconds=5))
        run_due(clock=at(5))
        job.refresh_from_db()
        assert job.due_at == NOW + timedelta(seconds=15)
        run_due(clock=at(15))
        job.refresh_from_db()
        assert (job.status, job.attempts, job.error_code) == ("failed", 3, Unavailable.code)

    def test_a_refusal_is_not_tried_again(self, job_of):
        job = job_of(raises(Missing("There is no such market.")))
        run_due(clock=at(0))
        job.refresh_from_db()
        assert (job.status, job.error_code, job.error) == ("failed", "NOT_FOUND", "There is no such market.")

    def test_a_fault_tells_nothing_of_itself(self, job_of, caplog):
        job = job_of(raises(ValueError("secret=hush")), max_retries=0)
        run_due(clock=at(0))
        job.refresh_from_db()
        assert (job.status, job.error_code) == ("failed", "INTERNAL")
        assert "hush" not in job.error
        assert "secret=hush" in caplog.text

    def test_a_job_that_the_code_names_no_more_fails(self, job_of):
        job = job_of(nothing)
        catalogue._kinds.clear()
        run_due(clock=at(0))
        job.refresh_from_db()
        assert (job.status, job.error_code) == ("failed", "UNKNOWN_JOB")

    def test_a_database_that_is_away_leaves_the_job_to_be_given_back(self, job_of):
        job_of(raises(OperationalError("gone")))
        with pytest.raises(OperationalError):
            run_due(clock=at(0))
        assert Job.objects.get().status == "running"


class TestStopping:
    def test_a_cancelled_job_stops_at_its_next_report(self, job_of):
        seen = []

        def work(handed):
            handed.report(10, at=1)
            queue.cancel(Job.objects.get().pk, now=NOW)
            handed.report(20, at=2)
            seen.append("went on")

        job = job_of(work)
        run_due(clock=at(0))
        job.refresh_from_db()
        assert (job.status, job.state, seen) == ("cancelled", {"at": 1}, [])

    def test_cancelling_what_is_over_is_a_conflict(self, job_of):
        job = job_of(nothing)
        run_due(clock=at(0))
        with pytest.raises(Conflict):
            queue.cancel(job.pk, now=NOW)

    def test_one_that_was_taken_for_dead_cannot_write(self, job_of):
        job_of(nothing)
        first = take_next(now=NOW)
        queue.release_dead(now=NOW + timedelta(minutes=1))
        second = take_next(now=NOW + timedelta(minutes=1))
        with pytest.raises(Stopped):
            queue.complete(first, {}, now=NOW)
        queue.complete(second, {}, now=NOW)


class TestDeath:
    def test_what_a_dead_process_left_goes_on_where_it_was(self, job_of):
        seen = []

        def work(handed):
            seen.append(dict(handed.state))
            return {}

        job_of(work)
        dead = take_next(now=NOW)
        queue.report(dead, 40, {"reached": 7}, now=NOW)
        assert queue.release_dead(now=NOW + timedelta(seconds=30)) == 0
        assert queue.release_dead(now=NOW + timedelta(seconds=31)) == 1
        run_due(clock=at(31))
        assert seen == [{"reached": 7}]
        assert Job.objects.get().status == "completed"

    def test_one_that_kills_its_process_each_time_fails_in_the_end(self, job_of):
        job_of(nothing, max_retries=1)
        for minute in (1, 2):
            take_next(now=NOW + timedelta(minutes=minute))
            queue.release_dead(now=NOW + timedelta(minutes=minute, seconds=31))
        job = Job.objects.get()
        assert (job.status, job.attempts, job.error_code) == ("failed", 2, "WORKER_DIED")

    def test_old_ones_are_forgotten_when_they_are_over(self, job_of):
        job_of(nothing)
        run_due(clock=at(0))
        job_of(nothing)
        assert queue.forget_old(now=NOW + timedelta(days=31)) == 1
        assert Job.objects.get().status == "pending"


@pytest.mark.django_db(transaction=True)
def test_the_heart_beats_while_a_long_step_is_under_way(job_of, monkeypatch):
    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 0.02)
    began, beaten = [], threading.Event()

    def work(handed):
        began.append(1)
        assert beaten.wait(WAIT_SECONDS)
        return {}

    whole = queue.beat
    monkeypatch.setattr(queue, "beat", lambda job, *, now: (whole(job, now=now), beaten.set()))
    job_of(work)
    run_job(take_next(now=NOW), clock=at(9))
    job = Job.objects.get()
    assert (began, job.status, job.heartbeat_at) == ([1], "completed", NOW + timedelta(seconds=9))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [OperationalError, InterfaceError, ValueError])
def test_the_heart_beats_on_after_a_beat_that_failed(fault, job_of, monkeypatch):
    monkeypatch.setattr(running, "HEARTBEAT_SECONDS", 0.02)
    faults, beaten = [fault("gone")], threading.Event()
    monkeypatch.setattr(queue, "beat", lambda job, *, now: raises(faults.pop())(job) if faults else beaten.set())
    job_of(lambda handed: {"beaten": beaten.wait(WAIT_SECONDS)})
    run_job(take_next(now=NOW), clock=at(9))
    assert Job.objects.get().result == {"beaten": True}


class TestMany:
    def test_many_are_stored_in_one_statement_and_in_order(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            jobs = queue.enqueue_all("count", [{"number": 1}, {"number": 2}], now=NOW, priority=JobPriority.LOW)
        assert [job.args for job in jobs] == [{"number": 1}, {"number": 2}]
        assert set(Job.objects.values_list("status", "priority", "due_at")) == {("pending", "low", NOW)}

    def test_those_that_are_not_over_are_cancelled_in_one_statement(self, django_assert_num_queries):
        over, waits, other = queue.enqueue_all("count", [{}, {}, {}], now=NOW)
        Job.objects.filter(pk=over.pk).update(status="completed")
        with django_assert_num_queries(1):
            assert queue.cancel_all([over.pk, waits.pk], now=NOW) == 1
        told = [Job.objects.get(pk=job.pk).status for job in (over, waits, other)]
        assert told == ["completed", "cancelled", "pending"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_take_two_jobs(job_of):
    [job_of(nothing) for _ in range(2)]
    barrier, taken = threading.Barrier(2), []

    def take():
        barrier.wait()
        taken.append(take_next(now=NOW).pk)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(set(taken)) == 2


@pytest.mark.django_db(transaction=True)
def test_a_job_takes_no_place_of_a_task_and_one_thread_runs_them_all(job_of):
    began, go_on = threading.Event(), threading.Event()

    def work(handed):
        began.set()
        assert go_on.wait(WAIT_SECONDS)
        return {}

    jobs = [job_of(work) for _ in range(2)]
    runner = running.Runner()
    first = runner.start(clock=at(0))
    assert began.wait(WAIT_SECONDS)
    assert runner.start(clock=at(0)) is first
    go_on.set()
    first.join(WAIT_SECONDS)
    assert set(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("status", flat=True)) == {"completed"}


@pytest.mark.django_db(transaction=True)
def test_a_runner_that_ended_starts_again(job_of):
    runner = running.Runner()
    runner.start(clock=at(0)).join(WAIT_SECONDS)
    job_of(nothing)
    runner.start(clock=at(0)).join(WAIT_SECONDS)
    assert Job.objects.get().status == "completed"
