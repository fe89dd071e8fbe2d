"""From the values of one model field in many rows to what the database takes: a column at a time.

Django prepares one value at a time, through half a dozen calls. Here common types take a short way to the very same
result; every other value goes Django's way, and is refused where Django refuses it.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.json import Jsonb

from core.arrays import PLAIN, array_text, quoted
from core.fields import ExactField

_AS_IT_IS: dict[type, type] = {
    models.BooleanField: bool,
    models.PositiveSmallIntegerField: int,
    models.PositiveBigIntegerField: int,
    models.BigIntegerField: int,
}
_OFTEN_THE_SAME: tuple[tuple[type, type], ...] = (
    (ExactField, Decimal),
    (models.DateTimeField, datetime),
)


def prepared(field: Any, values: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
    """Return `field.get_db_prep_save(value, connection)` of each value; raises what the field raises."""
    kept = _kept_as(field)

    def slowly(value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    if type(kept) is models.CharField:
        return [str.__str__(value) if isinstance(value, str) else slowly(value) for value in values]
    if type(kept) in _AS_IT_IS:
        kind = _AS_IT_IS[type(kept)]
        return [value if type(value) is kind else slowly(value) for value in values]
    if type(kept) is models.UUIDField:
        if connection.features.has_native_uuid_field:
            return [value if type(value) is UUID else slowly(value) for value in values]
        return [value.hex if type(value) is UUID else slowly(value) for value in values]
    for family, kind in _OFTEN_THE_SAME:
        if isinstance(kept, family):
            return _remembered(values, kind, slowly)
    return [slowly(value) for value in values]


def column_text(values: Sequence[Any]) -> Any:
    """Return a column that was prepared for PostgreSQL as one array."""
    return array_text(values, _WRITERS)


def _json(value: Jsonb) -> str:
    dumps = value.dumps or json.dumps
    return quoted(dumps(value.obj))  # type: ignore[arg-type]


_WRITERS = {**PLAIN, Jsonb: _json}


def _kept_as(field: Any) -> Any:
    """Return the field whose column type this one has: a foreign key's is that of the key it points at."""
    while field.is_relation:
        field = field.target_field
    return field


def _remembered(values: Sequence[Any], kind: type, slowly: Callable[[Any], Any]) -> list[Any]:
    """Prepare equal values of one type once."""
    known: dict[Any, Any] = {None: None}  # as all fields of these families have it
    column = []
    for value in values:
        if value is not None and type(value) is not kind:
            column.append(slowly(value))
            continue
        try:
            column.append(known[value])
        except (KeyError, TypeError):  # a signaling NaN has no hash; its field refuses it
            known[value] = told = slowly(value)
            column.append(told)
    return column
