"""The Celery application: tasks are found in every app's `tasks` module."""

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from celery.signals import worker_init
from kombu import Connection
from kombu.transport import redis

from config import garbage
from core import triggers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

RECONNECT_SECONDS = 1


# A worker that closes a broken connection tries to put back what it had in hand, through the connection that is broken,
# and ends: "Unrecoverable error" of kombu 5.7. Nothing is lost without it: a task is a nudge, the sweep finds the rows.
redis.Channel.do_restore = False


class SteadyConnection(Connection):
    """Looks for a broker that is away once a second: Celery's own pauses grow to half a minute."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        steady = {"interval_start": RECONNECT_SECONDS, "interval_step": 0, "interval_max": RECONNECT_SECONDS}
        return super().ensure_connection(*args, **{**steady, **kwargs})


class SteadyAMQP(AMQP):
    Connection = SteadyConnection


app = Celery("desk", amqp=SteadyAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def make_ready(**_: Any) -> None:
    """A worker does not start on a ledger without its triggers."""
    triggers.require()
    garbage.settle()
