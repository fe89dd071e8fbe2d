"""The Celery application: tasks are found in every app's `tasks` module."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.core.exceptions import ImproperlyConfigured

from config import garbage
from config.broker import SteadyAMQP
from config.several import require_redis
from core import triggers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("desk", amqp=SteadyAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# What the embedded desk calls its worker: the one that needs no Redis.
EMBEDDED = "embedded"


@worker_init.connect
def make_ready(sender: Any, **_: Any) -> None:
    """A worker does not start where no nudge would reach it, nor on a ledger without its triggers.

    It is the end of the process: Celery logs any other exception and goes on.
    """
    try:
        if sender.hostname.partition("@")[0] != EMBEDDED:
            require_redis()
        triggers.require()
    except ImproperlyConfigured as refusal:
        raise SystemExit(f"The worker does not start. {refusal}") from refusal
    garbage.settle()
