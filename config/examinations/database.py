"""Examines the database: that it answers, its tables, its triggers; what else depends on which one it is."""

from collections.abc import Iterator
from pathlib import Path

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from config.examinations import postgresql, sqlite
from core import triggers
from core.examinations import Finding, error, first_line, ok

LEAST_POSTGRESQL = 150_000


def examine_database() -> Iterator[Finding]:
    """Connect. A SQLite file that is not there is not made."""
    if connection.vendor == "sqlite" and not _has_file():
        name = connection.settings_dict["NAME"]
        yield error(f"There is no database: {name} is not there.", "Run `make run`, or put the file back.")
        return
    try:
        connection.ensure_connection()
    except Error as failure:
        yield error(f"{_place()} does not let the desk in: {first_line(failure)}.", _advice())
        return
    yield _version()


def examine_migrations() -> Iterator[Finding]:
    """Compare the migrations of the code with those that the database has seen."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    waiting = [str(migration) for migration, _ in executor.migration_plan(loader.graph.leaf_nodes())]
    # Not the graph: what a squashed migration replaces is off it and on the disk still.
    unknown = sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations or {}
        if app in loader.migrated_apps and (app, name) not in (loader.disk_migrations or {})
    )
    if waiting:
        yield error(
            f"{len(waiting)} migration(s) are not applied: {_some(waiting)}.",
            "Run `manage.py bootstrap`, then start all processes again.",
        )
    if unknown:
        yield error(
            f"The database has seen migrations that this code does not know: {_some(unknown)}.",
            "Run the newer version of the code that made them.",
        )
    if not waiting and not unknown:
        yield ok("Every migration is applied.")


def examine_triggers() -> Iterator[Finding]:
    """Compare the triggers that guard rows with those that stand."""
    lacking = triggers.missing()
    if lacking:
        found = f"The database lacks triggers, so that rows which must never change can be: {', '.join(lacking)}."
        yield error(found, "Run `manage.py migrate`: it puts them back; then find out who dropped them.")
    else:
        yield ok("Every trigger stands.")


def examine_storage() -> Iterator[Finding]:
    """Look at what keeps committed rows through a crash, and at who is in the way."""
    if connection.vendor == "sqlite":
        yield from sqlite.storage_findings(connection)
    else:
        yield from postgresql.storage_findings(connection)


def _has_file() -> bool:
    return Path(connection.settings_dict["NAME"]).exists()


def _place() -> str:
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"SQLite in {told['NAME']}"
    return f"PostgreSQL at {told['HOST'] or 'the local socket'}:{told['PORT'] or 5432}/{told['NAME']}"


def _advice() -> str:
    if connection.vendor == "sqlite":
        return "See who owns the file and whether it is whole; else put back a backup."
    return "See that the server runs and that host, port, name, user and password in DATABASE_URL are right."


def _version() -> Finding:
    number = ".".join(map(str, connection.get_database_version()))
    if connection.vendor == "postgresql" and connection.cursor().connection.info.server_version < LEAST_POSTGRESQL:
        return error(f"{_place()} has version {number}; the desk needs 15.", "Upgrade the server.")
    return ok(f"{_place()} answers; version {number}.")


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
