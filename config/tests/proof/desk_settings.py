"""Settings of a desk that a proof starts: the desk's own, and an app that makes it die where the proof says."""

from datetime import timedelta

from celery.schedules import schedule

from config.settings import *  # noqa: F403
from config.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS, env

INSTALLED_APPS = [*INSTALLED_APPS, "config.tests.proof.dying.DyingConfig"]
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 0)
if SWEEP_SECONDS:
    CELERY_BEAT_SCHEDULE["sweep-inbox"]["schedule"] = schedule(timedelta(seconds=SWEEP_SECONDS))
