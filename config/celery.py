"""The Celery application: tasks are found in every app's `tasks` module."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import receiver
from django_structlog.celery.receivers import CeleryReceiver
from django_structlog.celery.signals import bind_extra_task_metadata, modify_context_before_task_publish
from structlog.contextvars import bind_contextvars

from config import garbage
from config.broker import SteadyAMQP
from config.process_count import require_redis
from core import triggers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("desk", amqp=SteadyAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["market.listings"])

GOES_WITH_TASKS = {"request_id", "user_id", "parent_task_id"}

# Of publishing and of working both, once in every process: the library's own boot step would tell of each nudge twice.
task_log = CeleryReceiver()
task_log.connect_worker_signals()


@receiver(modify_context_before_task_publish)
def send_ids_only(context: dict[str, Any], **_: Any) -> None:
    """What is sent with a task lies in Redis: ids, not the path or the address of a request."""
    for name in context.keys() - GOES_WITH_TASKS:
        del context[name]


@receiver(bind_extra_task_metadata)
def name_task(task: Any, **_: Any) -> None:
    """Every line of a task says which it is."""
    bind_contextvars(task=task.name)


@setup_logging.connect
def log_as_everything_else(**_: Any) -> None:
    """A worker logs as the web does: without this Celery would bring handlers of its own."""
    logging.config.dictConfig(settings.LOGGING)


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
