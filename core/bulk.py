"""Set-based writes: many rows in one statement with one array a column, on both databases.

`bulk_create` splits its rows by SQLite's limit on parameters and builds a parameter per cell; here the number
of statements does not grow with the number of rows. Values pass through the model's fields, so that what a
field refuses is refused here too.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from core.columns import column_text, prepared

Columns = Sequence[Sequence[Any]]


def insert_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert unsaved instances, all columns, in one statement.

    Their primary keys are set by the caller; one that the database counts up is left to it, and not read back.
    """
    if not rows:
        return
    fields = _written_fields(model)
    _insert(model, fields, _values(fields, rows))
    for row in rows:
        row._state.adding = False
        row._state.db = DEFAULT_DB_ALIAS


def insert_columns(model: type[models.Model], columns: Mapping[str, Sequence[Any]], **same: Any) -> None:
    """Insert rows that no instance was made of: `columns` by attribute name, `same` for what all rows share.

    A column that is not given has its field's default, drawn once for all rows; what only saving an instance would
    fill in (auto_now_add) has none.
    """
    many = len(next(iter(columns.values())))
    if not many:
        return
    fields = _written_fields(model)
    if unknown := (columns.keys() | same.keys()) - {field.attname for field in fields}:
        raise TypeError(f"{model.__name__} has no columns {sorted(unknown)}")
    shared = {field.attname: same.get(field.attname, field.get_default()) for field in fields}
    given = [columns.get(field.attname) or list(repeat(shared[field.attname], many)) for field in fields]
    _insert(model, fields, given)


def upsert_rows(
    model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str], *, by: Sequence[str] = ()
) -> None:
    """Write instances in one statement: new ones whole, of those that are there already the named fields.

    They are told by their primary key, or by the fields of a unique constraint: then the row there keeps its key.
    """
    if rows:
        fields = _written_fields(model)
        _insert(model, fields, _values(fields, rows), _on_conflict(model, names, by=by))


def upsert_newer_rows(model: type[models.Model], rows: Sequence[models.Model], *, newer_by: str) -> int:
    """Insert instances, or replace the rows of their primary keys that are older by `newer_by`, in one statement.

    A row that is as new or newer stays as it is; returns how many were written. Rows are written in the order of
    their keys, so that two writers of the same set never wait for each other in a circle.
    """
    if not rows:
        return 0
    fields = _written_fields(model)
    meta: Any = model._meta
    newer = _quoted(meta.get_field(newer_by).column)
    conflict = _on_conflict(model, [field.name for field in fields if field is not meta.pk])
    older = f" WHERE {_quoted(meta.db_table)}.{newer} < excluded.{newer}"
    in_order = sorted(rows, key=lambda row: str(row.pk))
    return _insert(model, fields, _values(fields, in_order), conflict + older)


def update_rows(model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str]) -> int:
    """Write the named fields of saved instances, matched by primary key, in one statement; return rows changed."""
    if not rows:
        return 0
    fields: list[Any] = [model._meta.pk, *(model._meta.get_field(name) for name in names)]
    values = [[getattr(row, field.attname) for row in rows] for field in fields]
    connection = connections[DEFAULT_DB_ALIAS]
    source, params = rows_source(fields, values, connection)
    key, *changed = [_quoted(field.column) for field in fields]
    changes = ", ".join(f"{name} = v.{name}" for name in changed)
    table = _quoted(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {changes} FROM {source} WHERE {table}.{key} = v.{key}", params)  # noqa: S608
        return cursor.rowcount


@cache
def _written_fields(model: type[models.Model]) -> tuple[Any, ...]:
    counted_up = model._meta.auto_field
    return tuple(field for field in model._meta.concrete_fields if not field.generated and field != counted_up)


def _values(fields: Sequence[Any], rows: Sequence[models.Model]) -> Columns:
    for field in fields:
        if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
            for row in rows:
                field.pre_save(row, add=True)
    return [[getattr(row, field.attname) for row in rows] for field in fields]


def _insert(model: type[models.Model], fields: Sequence[Any], values: Columns, conflict: str = "") -> int:
    connection = connections[DEFAULT_DB_ALIAS]
    source, params = rows_source(fields, values, connection)
    table, names = _quoted(model._meta.db_table), _names(tuple(fields))
    sql = f"INSERT INTO {table} ({names}) SELECT * FROM {source}{conflict}"  # noqa: S608 - names of ours
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def _on_conflict(model: type[models.Model], names: Sequence[str], *, by: Sequence[str] = ()) -> str:
    meta: Any = model._meta
    told_by = ", ".join(_quoted(meta.get_field(name).column) for name in by or (meta.pk.name,))
    columns = [_quoted(meta.get_field(name).column) for name in names]
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
    # Without a WHERE of its own SQLite reads "ON CONFLICT" as the condition of a join.
    return f" WHERE TRUE ON CONFLICT ({told_by}) DO UPDATE SET {changes}"


def rows_source(fields: Sequence[Any], values: Columns, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
    """Return what stands behind FROM for rows of these fields, named v, one array a column; and its parameters."""
    columns = [prepared(field, column, connection) for field, column in zip(fields, values, strict=True)]
    if connection.vendor == "sqlite":
        # One JSON text holds every cell; integers of 64 bits survive it, and no cell is a float.
        return _json_source(tuple(fields)), [json.dumps(list(zip(*columns, strict=True)))]
    return _arrays_source(tuple(fields)), [column_text(column) for column in columns]


@cache
def _arrays_source(fields: tuple[Any, ...]) -> str:
    arrays = ", ".join(f"%s::{_array_type(field)}" for field in fields)
    return f"unnest({arrays}) AS v({_names(fields)})"


def _array_type(field: Any) -> str:
    """Without the length: a cast to varchar(40) would cut what is longer, which the column itself refuses."""
    connection = connections[DEFAULT_DB_ALIAS]
    name = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return f"{name.partition('(')[0]}[]"


@cache
def _json_source(fields: tuple[Any, ...]) -> str:
    picks = ", ".join(
        f"json_extract(value, '$[{index}]') AS {_quoted(field.column)}" for index, field in enumerate(fields)
    )
    return f"(SELECT {picks} FROM json_each(%s)) AS v"  # noqa: S608 - names of ours


@cache
def _names(fields: tuple[Any, ...]) -> str:
    return ", ".join(_quoted(field.column) for field in fields)


@cache
def _quoted(name: str) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(name)
