"""Schedules that an operator may change: made once, and what was changed stays changed."""

import json

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.celery import app
from config.offered_schedules import OFFERED, install
from config.scheduler import SteadyScheduler

pytestmark = pytest.mark.django_db


def test_a_fresh_desk_has_them_all():
    rows = {row.name: row for row in PeriodicTask.objects.filter(name__in=OFFERED)}
    assert rows.keys() == OFFERED.keys()
    assert str(rows["sync-top-50-coins"].interval) == "every 5 minutes"
    assert json.loads(rows["sync-top-200-coins"].kwargs) == {"limit": 200}
    assert (rows["sync-top-200-coins"].crontab.minute, rows["sync-top-200-coins"].crontab.hour) == ("2", "*")
    assert (rows["forget-coin-history"].crontab.hour, rows["forget-coin-history"].enabled) == ("3", True)


@pytest.mark.parametrize("offered", OFFERED.values(), ids=OFFERED)
def test_each_names_a_task_and_the_arguments_that_it_takes(offered):
    app.loader.import_default_modules()
    task = app.tasks[offered.task]
    task.__header__(**offered.arguments)  # raises where they do not fit


def change(name, **values):
    PeriodicTask.objects.filter(name=name).update(**values)


def test_an_upgrade_sets_nothing_back():
    change("sync-top-50-coins", enabled=False, kwargs='{"limit": 20}')
    install()
    row = PeriodicTask.objects.get(name="sync-top-50-coins")
    assert (row.enabled, row.kwargs) == (False, '{"limit": 20}')
    assert PeriodicTask.objects.filter(name__in=OFFERED).count() == len(OFFERED)


@pytest.mark.django_db(transaction=True)  # beat closes its connection and opens another
def test_nor_does_a_start_of_beat():
    hourly = IntervalSchedule.objects.create(every=1, period="hours")
    change("sync-top-50-coins", interval=hourly)
    change("sync-top-200-coins", enabled=False)
    clock = SteadyScheduler(app=app)
    clock._finalize.cancel()  # at the end of Python it would write into a database that is gone
    clock.tick()
    schedule = clock.schedule
    assert schedule["sync-top-50-coins"].schedule.run_every.total_seconds() == 3600
    assert "sync-top-200-coins" not in schedule


def test_one_that_was_deleted_comes_back_with_an_upgrade():
    PeriodicTask.objects.get(name="fetch-coin-details").delete()
    install()
    assert PeriodicTask.objects.filter(name="fetch-coin-details").exists()
