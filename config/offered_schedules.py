"""Schedules that are an operator's to change: made once in the console, never set back by a restart or an upgrade.

Those of config/beat.py are the desk's own: beat writes them anew whenever it starts. A row of these that was deleted
comes back with the next `migrate`: one that is not wanted is disabled.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, transaction

OWNER = "django_celery_beat"


@dataclass(frozen=True, slots=True)
class Offered:
    """A task with its arguments, every so many minutes, or at `minute` of `hour` (UTC, "*" is each).

    What waited for a worker longer than `expires_seconds` is dropped: the next one does it.
    """

    task: str
    expires_seconds: int
    every_minutes: int | None = None
    minute: str = "*"
    hour: str = "*"
    arguments: Mapping[str, Any] = field(default_factory=dict)


OFFERED = {
    "sync-top-50-coins": Offered("market.listings.tasks.sync", 300, every_minutes=5, arguments={"limit": 50}),
    "sync-top-200-coins": Offered("market.listings.tasks.sync", 1800, minute="2", arguments={"limit": 200}),
    "fetch-coin-details": Offered("market.listings.tasks.fetch_details", 300, every_minutes=5, arguments={"most": 5}),
    "forget-coin-history": Offered("market.listings.tasks.forget_history", 6 * 3600, minute="40", hour="3"),
}


def install(*, using: str = DEFAULT_DB_ALIAS, apps: Any = apps, **_: object) -> None:
    """Receiver of `post_migrate`: make the schedules whose names are not there."""
    try:
        periodic = apps.get_model(OWNER, "PeriodicTask").objects.using(using)
    except LookupError:  # `migrate one_app` on an empty database
        return
    with transaction.atomic(using=using):
        there = set(periodic.filter(name__in=OFFERED).values_list("name", flat=True))
        for name, offered in OFFERED.items():
            if name in there:
                continue
            periodic.create(
                name=name,
                task=offered.task,
                kwargs=json.dumps(offered.arguments),
                expire_seconds=offered.expires_seconds,
                **_schedule(offered, using=using, apps=apps),
            )


def owner() -> AppConfig:
    """Return the app whose tables hold the schedules."""
    return apps.get_app_config(OWNER)


def _schedule(offered: Offered, *, using: str, apps: Any) -> dict[str, Any]:
    """Return the schedule of a row, found or made; several rows may have one together."""
    if offered.every_minutes is not None:
        intervals = apps.get_model(OWNER, "IntervalSchedule").objects.using(using)
        named = {"every": offered.every_minutes, "period": "minutes"}
        return {"interval": intervals.filter(**named).first() or intervals.create(**named)}
    crontabs = apps.get_model(OWNER, "CrontabSchedule").objects.using(using)
    at = {"minute": offered.minute, "hour": offered.hour, "timezone": "UTC"}
    at |= dict.fromkeys(("day_of_week", "day_of_month", "month_of_year"), "*")
    return {"crontab": crontabs.filter(**at).first() or crontabs.create(**at)}
