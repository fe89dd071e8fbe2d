"""What the desk does for itself by the clock."""

from celery import shared_task
from django.utils import timezone

from core.idempotency import MOST_FORGOTTEN, forget_keys


@shared_task(name="core.tasks.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    """Delete the keys of requests that nobody sends again any more."""
    now = timezone.now()
    while forget_keys(now=now) == MOST_FORGOTTEN:
        continue
