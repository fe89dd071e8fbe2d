"""Beat's clock and a database that comes and goes."""

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app

pytestmark = pytest.mark.django_db(transaction=True)  # beat closes its connection and opens another
OFTEN = "sync-top-50-coins"


@pytest.fixture
def clock() -> DatabaseScheduler:
    return import_string(settings.CELERY_BEAT_SCHEDULER.replace(":", "."))(app=app)


def pause(name: str) -> None:
    row = PeriodicTask.objects.get(name=name)
    row.enabled = False
    row.save()
    PeriodicTasks.update_changed()


def breaking(*errors: type[Exception]):
    left = list(errors)

    def read(self):
        if left:
            raise left.pop()("the connection is closed")
        return type(self).Model.objects.enabled()

    return read


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_read_that_fails_is_not_the_end_and_what_changed_is_read_at_the_next_tick(error, clock, monkeypatch):
    pause(OFTEN)
    monkeypatch.setattr(DatabaseScheduler, "enabled_models_qs", breaking(error, error))
    assert [OFTEN in clock.schedule for _ in range(4)] == [True, True, False, False]


def test_beat_ticks_on_where_the_read_fails(clock, monkeypatch):
    clock.tick()
    pause(OFTEN)
    monkeypatch.setattr(DatabaseScheduler, "enabled_models_qs", breaking(OperationalError))
    assert clock.tick() >= 0


def test_without_any_schedule_there_is_nothing_to_go_on_with(monkeypatch):
    monkeypatch.setattr(DatabaseScheduler, "enabled_models_qs", breaking(OperationalError))
    with pytest.raises(OperationalError):
        import_string(settings.CELERY_BEAT_SCHEDULER.replace(":", "."))(app=app)
