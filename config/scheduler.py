"""The clock of beat: a database that is away for a moment is not its end."""

import logging
from datetime import timedelta
from typing import Any

from django.db import Error
from django_celery_beat.schedulers import SCHEDULE_SYNC_MAX_INTERVAL, DatabaseScheduler

logger = logging.getLogger(__name__)


class SteadyScheduler(DatabaseScheduler):
    """Goes on with the schedule that it read last where the database does not answer.

    The library's own asks whether anything changed, which may fail, and then reads, which may not: a connection
    that is lost between the two ends beat, and nothing is swept, watched or decided any more.
    """

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
