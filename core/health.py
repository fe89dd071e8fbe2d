"""Whether the desk can do its work: database, triggers, and how long it has been up."""

import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from core import triggers

_BEGAN = time.monotonic()


def health() -> dict[str, Any]:
    """Return the health object of the contract; `status` is ok or degraded."""
    database = _database()
    sound = database["connected"] and not database["references"].get("missing_triggers")
    return {
        "status": "ok" if sound else "degraded",
        "version": settings.VERSION,
        "environment": settings.ENVIRONMENT,
        "database": database,
        "uptime": round(time.monotonic() - _BEGAN),
        "timestamp": timezone.now().isoformat().replace("+00:00", "Z"),
    }


def _database() -> dict[str, Any]:
    try:
        missing = triggers.missing()
    except DatabaseError:
        return {"connected": False, "references": {}}
    return {"connected": True, "references": {"vendor": connection.vendor, "missing_triggers": missing}}
