"""Beat's clock and a database that comes and goes."""

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from config.beat import SCHEDULE
from config.celery import app
from config.scheduler import RETRY_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)  # beat closes its connection and opens another
OFTEN = "sync-top-50-coins"


def started() -> DatabaseScheduler:
    made: DatabaseScheduler = import_string(settings.CELERY_BEAT_SCHEDULER.replace(":", "."))(app=app)
    made._finalize.cancel()  # at the end of Python it would write into a database that is gone
    return made


@pytest.fixture
def clock() -> DatabaseScheduler:
    """A clock that has ticked once: it has its schedule."""
    ticking = started()
    ticking.tick()
    return ticking


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
    pause(OFTEN)
    monkeypatch.setattr(DatabaseScheduler, "enabled_models_qs", breaking(OperationalError))
    assert clock.tick() >= 0


def test_a_database_that_is_away_when_beat_starts_is_waited_for(monkeypatch):
    monkeypatch.setattr(DatabaseScheduler, "enabled_models_qs", breaking(OperationalError, InterfaceError))
    clock = started()
    assert [clock.tick() for _ in range(2)] == [RETRY_SECONDS] * 2
    clock.tick()
    assert clock.schedule.keys() >= SCHEDULE.keys()


@pytest.mark.parametrize("written", [0, 1, len(SCHEDULE) - 1])
def test_one_that_goes_while_the_entries_are_written_is_waited_for_and_all_are_there(written, monkeypatch):
    left, whole = [written], ModelEntry.from_entry

    def from_entry(name, **fields):
        left[0] -= 1
        if left[0] == -1:
            raise OperationalError("the connection is closed")
        return whole(name, **fields)

    PeriodicTask.objects.filter(name__in=SCHEDULE).delete()
    monkeypatch.setattr(ModelEntry, "from_entry", from_entry)
    clock = started()
    assert clock.tick() == RETRY_SECONDS
    clock.tick()
    assert clock.schedule.keys() >= SCHEDULE.keys()


def test_one_entry_that_cannot_be_written_keeps_no_other_out(monkeypatch):
    monkeypatch.setattr(ModelEntry, "_unpack_fields", classmethod(refusing("sweep-inbox")))
    clock = started()
    clock.tick()
    assert clock.schedule.keys() >= SCHEDULE.keys() - {"sweep-inbox"}


def refusing(name: str):
    whole = ModelEntry._unpack_fields.__func__

    def unpack(cls, **fields):
        if fields["task"] == SCHEDULE[name]["task"]:
            raise ValueError("not a schedule")
        return whole(cls, **fields)

    return unpack


def test_what_waited_longer_than_its_turn_is_dropped(clock):
    told = {name: clock.schedule[name].options.get("expires") for name in SCHEDULE}
    assert told == {name: entry["options"]["expire_seconds"] for name, entry in SCHEDULE.items()}
