"""The Celery application: tasks are found in every app's `tasks` module."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from config import garbage
from config.broker import SteadyAMQP
from core import triggers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("desk", amqp=SteadyAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def make_ready(**_: Any) -> None:
    """A worker does not start on a ledger without its triggers."""
    triggers.require()
    garbage.settle()
