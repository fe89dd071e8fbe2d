"""What the desk does for itself by the clock, and how a worker is asked to look at a row."""

import logging
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from core.idempotency import MOST_FORGOTTEN, forget_keys

logger = logging.getLogger(__name__)


def nudge_worker(task: Any, row_id: UUID) -> None:
    """Ask a worker to run `task` on a row. A broker that is down is logged: the sweep will find the row."""
    try:
        task.apply_async((str(row_id),), retry=False)
    except (KombuError, RedisError, OSError) as error:
        logger.warning("could not nudge a worker: %s", type(error).__name__)


@shared_task(name="core.tasks.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    """Delete the keys of requests that nobody sends again any more."""
    now = timezone.now()
    while forget_keys(now=now) == MOST_FORGOTTEN:
        continue
