"""How a test database becomes what `migrate` left, once a test has committed: only what the test wrote is undone.

Django's flush empties every table and has every app fill its own again: half a second a test on PostgreSQL.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from core import triggers

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Left:
    """The tables of the desk's models, and the rows of each as `migrate` left them."""

    rows: dict[str, Rows]

    @property
    def empty(self) -> list[str]:
        return [table for table, rows in self.rows.items() if not rows]


def remember() -> Left:
    """Return what is in the database now: to be asked of one that has just been migrated."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return Left({table: _rows(table) for table in sorted(tables)})


def put_back(left: Left) -> None:
    """Make every table what it was, in one transaction, and have all triggers stand."""
    changed = [*_filled(left.empty), *(table for table, rows in left.rows.items() if rows and _rows(table) != rows)]
    guarded = triggers.tables() & set(changed)
    if guarded:  # the ledger refuses to be emptied
        triggers.remove()
    if changed:
        _rewrite({table: left.rows[table] for table in changed})
    if guarded or triggers.missing():
        triggers.install()
    ContentType.objects.clear_cache()


def _filled(tables: list[str]) -> list[str]:
    """Return those of the tables that have a row, by one statement."""
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {_quoted(table)})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [table for (table,) in cursor.fetchall()]


def _rewrite(rows: dict[str, Rows]) -> None:
    """Foreign keys are asked at the commit: the order of the tables does not matter."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in rows:
            cursor.execute(f"DELETE FROM {_quoted(table)}")
        for table, kept in rows.items():
            if kept:
                places = ", ".join(["%s"] * len(kept[0]))
                cursor.executemany(f"INSERT INTO {_quoted(table)} VALUES ({places})", kept)


def _rows(table: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_quoted(table)} ORDER BY 1")
        return list(cursor.fetchall())


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)
