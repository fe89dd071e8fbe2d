"""The clock of beat: a database that is away for a moment, at its start or later, is not its end."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import Error
from django_celery_beat.schedulers import SCHEDULE_SYNC_MAX_INTERVAL, DatabaseScheduler

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class SteadyScheduler(DatabaseScheduler):
    """Goes on with the schedule that it read last where the database does not answer; waits for a first one.

    The library's own asks whether anything changed, which may fail, and then reads, which may not: a connection
    that is lost between the two ends beat, and nothing is swept, watched or decided any more. So does a database that
    is away when beat starts; and where it goes while the desk's own entries are written, those that are not there yet
    are passed over until the next start.
    """

    _is_set_up = False

    def setup_schedule(self) -> None:
        """Leave it to the first tick: beat can be told to stop between two of them."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Do what is due; return the seconds until the next look."""
        if not self._is_set_up:
            try:
                super().setup_schedule()
            except Error as error:
                logger.warning("beat has no schedule yet, it tries again: %s", type(error).__name__)
                self._initial_read = True
                return RETRY_SECONDS
            self._is_set_up = True
        pause: float = super().tick(*args, **kwargs)
        return pause

    def update_from_dict(self, mapping: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the desk's own entries and take them in. Raises Error: what is not written yet is to be."""
        entries = {}
        for name, fields in mapping.items():
            try:
                entry = self.Entry.from_entry(name, app=self.app, **fields)
            except Error:
                raise
            except Exception:  # what an operator made of its row: the others are taken in all the same
                logger.exception("the schedule %s could not be written", name)
                continue
            if entry.model.enabled:
                entries[name] = entry
        self.schedule.update(entries)

    def all_as_schedule(self) -> dict[str, Any]:
        try:
            schedule: dict[str, Any] = super().all_as_schedule()
        except Error:
            if self._schedule is None:
                raise  # nothing was read yet: there is no clock to go on with
            logger.exception("the schedule could not be read; the one before is gone on with")
            self._last_full_sync -= timedelta(seconds=SCHEDULE_SYNC_MAX_INTERVAL)  # read again at the next tick
            return self._schedule
        return schedule
