"""Reads on hot ways whose SQL is built once: for a small read, building it takes Django longer than the answer takes.

What is kept is text and how its rows are read, never an answer: each call asks the database. PostgreSQL takes a list
as one array: the driver looks through a text with a thousand places for as long as the read itself takes.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, wraps
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import TransactionManagementError

from core.arrays import array_text

Row = TypeVar("Row")
Asked = ParamSpec("Asked")

# How many shapes of its arguments (lengths of lists, above all) a read is remembered for.
SHAPES = 64
_FIELDS: dict[type, Any] = {
    UUID: models.UUIDField(),
    datetime: models.DateTimeField(),
    str: models.TextField(),
}
_FIRST_DAY = datetime(1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Values:
    """The shape of a list: how many values stand for it, all of one type; a single one where it becomes an array."""

    kind: type
    many: int


@dataclass(frozen=True, slots=True)
class _Value:
    """The shape of one value that is looked for."""

    kind: type


@dataclass(frozen=True, slots=True)
class _Read:
    """A read as Django compiled it. `places` says of which value, counted over all arguments, a parameter is."""

    rows: Any
    compiler: Any
    sql: str
    params: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]


def compiled_read(build: Callable[Asked, models.QuerySet[Any, Row]]) -> Callable[Asked, list[Row]]:
    """Return the rows of the queryset that `build` returns, its SQL compiled once for each shape of the arguments.

    `build` is called with stand-ins: it may only compare columns with its arguments, and looks at nothing else. A UUID,
    a datetime, a text and a list of one of these differ from call to call; any other argument (a truth, a member of
    an enumeration) is part of the shape. Prefetching is not done. Raises TypeError where an argument is not compared as
    it is.
    """

    @lru_cache(maxsize=SHAPES)
    def read_of(shapes: tuple[Hashable, ...]) -> _Read | None:
        return _compile(build, shapes)

    @wraps(build)
    def rows(*args: Asked.args, **kwargs: Asked.kwargs) -> list[Row]:
        if kwargs:
            raise TypeError("A compiled read takes its arguments by position.")
        read = read_of(tuple(map(_shape, args)))
        return [] if read is None else _answer(read, args)

    return rows


def _shape(argument: Any) -> Hashable:
    if type(argument) in _FIELDS:
        return _Value(type(argument))
    if not isinstance(argument, list | tuple):
        return argument
    kinds = set(map(type, argument)) or {str}
    if len(kinds) > 1 or not kinds <= _FIELDS.keys():
        raise TypeError(f"A compiled read takes no list of {sorted(kind.__name__ for kind in kinds)}.")
    is_array = argument and _takes_arrays(connections[DEFAULT_DB_ALIAS])
    return _Values(kinds.pop(), 1 if is_array else len(argument))


def _takes_arrays(connection: BaseDatabaseWrapper) -> bool:
    return connection.vendor == "postgresql"


def _prepared(arguments: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
    """Return what differs from call to call as the database takes it, a list as one value where it takes arrays."""
    values: list[Any] = []
    for argument in arguments:
        if isinstance(argument, list | tuple):
            column = _column(argument, connection)
            values.extend([array_text(column)] if column and _takes_arrays(connection) else column)
        elif type(argument) in _FIELDS:
            values.extend(_column([argument], connection))
    return values


def _column(values: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
    return [_FIELDS[type(value)].get_db_prep_value(value, connection) for value in values]


def _compile(build: Callable[..., models.QuerySet[Any, Any]], shapes: tuple[Hashable, ...]) -> _Read | None:
    """Compile the read for arguments of these shapes; None where no row can be found whatever the values."""
    connection = connections[DEFAULT_DB_ALIAS]
    stand_ins = list(_stand_ins(shapes))
    rows = build(*stand_ins)
    compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    if _takes_arrays(connection):
        lists = [value for stand_in in stand_ins if isinstance(stand_in, list) for value in stand_in]
        sql, params = _with_arrays(sql, params, _column(lists, connection))
    values = _prepared(stand_ins, connection)
    at = {value: index for index, value in enumerate(values)}
    places = [(place, at[param]) for place, param in enumerate(params) if _is_known(param, at)]
    if {index for _, index in places} != set(range(len(values))):
        raise TypeError(f"{build.__name__} does not compare each of its arguments as it is.")
    compiler.connection = None  # that of the thread that came first: it would stay open for as long as the read is kept
    return _Read(rows, compiler, sql, tuple(params), tuple(places))


def _with_arrays(sql: str, params: Sequence[Any], values: Collection[Any]) -> tuple[str, list[Any]]:
    """Return the statement with `= ANY (%s)` where it says `IN (%s)` of one of these values, and its parameters."""
    texts, kept = sql.split("%s"), list(params)
    for place, param in enumerate(params):
        is_list = texts[place].endswith("IN (") and texts[place + 1].startswith(")")
        if is_list and _is_known(param, values):
            texts[place] = f"{texts[place].removesuffix('IN (')}= ANY ("
            kept[place] = array_text([param])
    return "%s".join(texts), kept


def _is_known(param: Any, values: Collection[Any]) -> bool:
    return isinstance(param, Hashable) and param in values


def _stand_ins(shapes: tuple[Hashable, ...]) -> Iterator[Any]:
    """Yield arguments of these shapes, no value in them twice and none that a query holds of its own."""
    drawn = 0
    for shape in shapes:
        if isinstance(shape, _Values):
            yield [_stand_in(shape.kind, drawn + index) for index in range(shape.many)]
            drawn += shape.many
        elif isinstance(shape, _Value):
            yield _stand_in(shape.kind, drawn)
            drawn += 1
        else:
            yield shape


def _stand_in(kind: type, number: int) -> Any:
    if kind is UUID:
        return UUID(int=number + 1)
    return _FIRST_DAY + timedelta(seconds=number) if kind is datetime else f"\x01stand-in {number}"


def _answer(read: _Read, arguments: Sequence[Any]) -> list[Any]:
    """Send the read with these arguments, and make its rows as its queryset does."""
    connection = connections[DEFAULT_DB_ALIAS]
    if read.compiler.query.select_for_update and connection.get_autocommit():
        raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
    params, values = list(read.params), _prepared(arguments, connection)
    for place, index in read.places:
        params[place] = values[index]
    compiler = copy(read.compiler)
    compiler.connection = connection
    compiler.as_sql = lambda *_, **__: (read.sql, tuple(params))
    found = compiler.execute_sql()
    if not found:  # so it is with most reads of an order: what it takes to make rows is saved
        return []
    compiler.execute_sql = lambda *_, **__: found
    query = SimpleNamespace(get_compiler=lambda using: compiler)
    asked = SimpleNamespace(query=query, db=DEFAULT_DB_ALIAS, model=read.rows.model, _known_related_objects={})
    return list(read.rows._iterable_class(asked))
