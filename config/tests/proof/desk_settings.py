"""Settings of a desk that a proof starts: the desk's own, and an app that makes it die where the proof says."""

from datetime import timedelta

from celery.schedules import schedule

from config.settings import *  # noqa: F403
from config.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS, env

INSTALLED_APPS = [*INSTALLED_APPS, "config.tests.proof.dying.DyingConfig"]
# The same bytes are the same alert for so long; a hundred copies may take a busy machine longer than half a minute.
WEBHOOK_DUPLICATE_SECONDS = 600
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 0)
if SWEEP_SECONDS:
    CELERY_BEAT_SCHEDULE["sweep-inbox"]["schedule"] = schedule(timedelta(seconds=SWEEP_SECONDS))
