"""Parts of a sweep that end at the same time: exactly one of them is the last, whose worker tells of all."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from core.jobs.queue import take_next
from core.jobs.running import RunningJob
from strategies.models import SweepPart
from strategies.services import sweeps
from strategies.services.sweeps import store_part
from strategies.tests.making import waiting_sweep

pytestmark = pytest.mark.django_db(transaction=True)


def _store(part, job, barrier, told):
    try:
        barrier.wait()
        told.append(store_part(part, RunningJob(job, clock=timezone.now), data=b"found"))
    finally:
        connection.close()


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_parts_that_end_at_the_same_time_one_is_the_last(tom, monkeypatch, attempt):
    monkeypatch.setattr(sweeps, "PART_CANDLES", 48)
    waiting_sweep(tom)
    jobs = [take_next(now=timezone.now()) for _ in range(2)]
    barrier, told = threading.Barrier(2), []
    work = [(SweepPart.objects.get(job=job.pk), job, barrier, told) for job in jobs]
    threads = [threading.Thread(target=_store, args=each) for each in work]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(told) == [False, True]
