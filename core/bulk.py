"""Set-based writes: many rows in one statement with one array a column, on both databases.

`bulk_create` splits its rows by SQLite's limit on parameters and builds a parameter per cell; here the number
of statements does not grow with the number of rows. Values pass through the model's fields, so that what a
field refuses is refused here too.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def insert_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert unsaved instances, all columns, in one statement.

    Their primary keys are set by the caller; one that the database counts up is left to it, and not read back.
    """
    if not rows:
        return
    made_there = model._meta.auto_field
    fields: list[Any] = [field for field in model._meta.concrete_fields if not field.generated and field != made_there]
    for field in fields:
        for row in rows:
            setattr(row, field.attname, field.pre_save(row, add=True))
    names = ", ".join(_quoted(field.column) for field in fields)
    source, params = _source(fields, rows)
    columns = ", ".join(f"v.{_quoted(field.column)}" for field in fields)
    sql = f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) SELECT {columns} FROM {source}"  # noqa: S608 - names of ours
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def update_rows(model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str]) -> int:
    """Write the named fields of saved instances, matched by primary key, in one statement; return rows changed."""
    if not rows:
        return 0
    key: Any = model._meta.pk
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    source, params = _source([key, *fields], rows)
    column = {field.name: _quoted(field.column) for field in [key, *fields]}
    changes = ", ".join(f"{column[field.name]} = v.{column[field.name]}" for field in fields)
    table = _quoted(model._meta.db_table)
    sql = f"UPDATE {table} SET {changes} FROM {source} WHERE {table}.{column[key.name]} = v.{column[key.name]}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def _source(fields: Sequence[Any], rows: Sequence[models.Model]) -> tuple[str, list[Any]]:
    columns = [[field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in fields]
    if connection.vendor == "sqlite":
        return _json_source(fields, columns)
    arrays = ", ".join(f"%s::{_array_type(field)}" for field in fields)
    names = ", ".join(_quoted(field.column) for field in fields)
    return f"unnest({arrays}) AS v({names})", columns


def _array_type(field: Any) -> str:
    """Without the length: a cast to varchar(40) would cut what is longer, which the column itself refuses."""
    name = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return f"{name.partition('(')[0]}[]"


def _json_source(fields: Sequence[Any], columns: list[list[Any]]) -> tuple[str, list[Any]]:
    """One JSON text holds every cell; integers of 64 bits survive it, and no cell is a float."""
    picks = ", ".join(
        f"json_extract(value, '$[{index}]') AS {_quoted(field.column)}" for index, field in enumerate(fields)
    )
    table = json.dumps(list(zip(*columns, strict=True)), default=str)
    return f"(SELECT {picks} FROM json_each(%s)) AS v", [table]  # noqa: S608


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
