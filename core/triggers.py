"""Database triggers, kept in one place: declared by apps, installed after every migration, checked at start.

SQLite drops a table's triggers silently when a migration remakes the table; so they are installed again after
each `migrate`, and `missing()` is asked before the desk serves and by /health.
"""

from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

_declared: dict[str, "Trigger"] = {}


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger on one table; `statements` per database vendor create it, after `drop` of the same name."""

    name: str
    table: str
    statements: dict[str, str] = field(default_factory=dict)


def declare(*triggers: Trigger) -> None:
    """Add triggers to those that must stand in the database."""
    for trigger in triggers:
        _declared[trigger.name] = trigger


def install() -> None:
    """Create every declared trigger whose table is there, replacing an older text of the same name."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in _wanted():
            if trigger.table in tables:
                cursor.execute(_drop_statement(trigger))
                cursor.execute(trigger.statements[connection.vendor])


def remove() -> None:
    """Drop every declared trigger. For test databases, which are emptied between tests."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in _wanted():
            if trigger.table in tables:
                cursor.execute(_drop_statement(trigger))


def tables() -> set[str]:
    """Return the tables that declared triggers stand on."""
    return {trigger.table for trigger in _wanted()}


def missing() -> list[str]:
    """Return the names of declared triggers that the database does not hold, enabled, on their table."""
    if connection.vendor == "sqlite":
        query = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        standing = set(cursor.fetchall())
    return sorted(trigger.name for trigger in _wanted() if (trigger.name, trigger.table) not in standing)


def require() -> None:
    """Raise ImproperlyConfigured where a trigger is missing: a desk must not serve a ledger that can be changed."""
    lacking = missing()
    if lacking:
        raise ImproperlyConfigured(f"The database lacks triggers ({', '.join(lacking)}): run `manage.py migrate`.")


def install_after_migrate(**_: object) -> None:
    """Receiver of `post_migrate`, connected by an app that declares triggers and has models: others get no signal."""
    install()


def _wanted() -> list[Trigger]:
    return [trigger for trigger in _declared.values() if connection.vendor in trigger.statements]


def _drop_statement(trigger: Trigger) -> str:
    if connection.vendor == "sqlite":
        return f"DROP TRIGGER IF EXISTS {trigger.name}"
    return f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}"
