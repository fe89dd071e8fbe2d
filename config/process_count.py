"""How many processes a desk may be: several need Redis between them; without it one is the whole desk, alone."""

import fcntl
import os
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

LOCK_NAME = "serve.lock"


def require_redis() -> None:
    """Raise ImproperlyConfigured without REDIS_URL: no process would hear of an alert, each would limit for itself."""
    if not settings.REDIS_URL:
        raise ImproperlyConfigured("Several processes need REDIS_URL; without it `manage.py serve` is the whole desk.")


def hold_alone(folder: Path) -> int:
    """Hold `folder` until this process ends, however it ends; return the descriptor.

    Raises ImproperlyConfigured where another process holds it.
    """
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ImproperlyConfigured(f"Another process serves the desk in {folder} already; stop it first.") from error
    return descriptor
