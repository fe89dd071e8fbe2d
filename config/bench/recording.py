"""Records what a piece of work leaves in the database: the rows of every commit, as a driver would write them."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

Read = Callable[[str], list[tuple[Any, ...]]]
_WRITING = ("INSERT", "UPDATE", "DELETE", "WITH")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one table in one commit. `key` is the column that an update finds its row by; None: they are inserted."""

    table: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    key: str | None = None


Commit = list[Change]
Rows = dict[str, dict[Any, tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a model. `lasting_key` names its rows in another copy too: not the number that a database gives."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: str
    lasting_key: str
    numbered: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """What a piece of work did: its commits, in order, and how many SQL statements it took, BEGIN and COMMIT aside."""

    commits: list[Commit]
    statements: int


def record(work: Callable[[], object], *, read: Read) -> Recording:
    """Do `work` and return what each of its commits inserted and updated. It must delete nothing.

    The tables are compared before and after each commit, so that nothing needs to be known of how `work` writes.
    `read` reads through a connection of its own.
    """
    recorder = _Recorder(read)
    with connection.execute_wrapper(recorder):
        work()
    recorder.look()
    return Recording(recorder.commits, recorder.statements)


def snapshot(read: Read) -> Rows:
    """Return every row of every table of ours, by its key."""
    rows: Rows = {}
    for table in all_tables():
        at = table.columns.index(table.key)
        rows[table.name] = {row[at]: row for row in read(f"SELECT {_names(table.columns)} FROM {table.name}")}  # noqa: S608
    return rows


def changes(before: Rows, after: Rows) -> Commit:
    """Return what was inserted and updated between two snapshots."""
    return [change for table in all_tables() for change in _changes_of(table, before[table.name], after[table.name])]


def all_tables() -> list[Table]:
    """Return the tables of all models, what joins two of them included."""
    found = apps.get_models(include_auto_created=True)
    return [_table(model) for model in found if model._meta.managed and not model._meta.proxy]


def copied(commits: Sequence[Commit], accounts: Mapping[Any, Any]) -> list[Commit]:
    """Return the same commits for other accounts, with new ids for every row that is inserted."""
    fresh: dict[str, str] = {}
    for change in (change for commit in commits for change in commit if change.key is None):
        fresh |= {_hex(row[0]): uuid.uuid4().hex for row in change.rows if _is_id(row[0])}
    # Last: the rows of a numbered table come without their key, and may begin with the account that they are of.
    fresh |= {_hex(old): _hex(new) for old, new in accounts.items()}
    return [
        [
            replace(change, rows=[tuple(_renamed(cell, fresh) for cell in row) for row in change.rows])
            for change in commit
        ]
        for commit in commits
    ]


class _Recorder:
    """Stands between Django and its cursor, and looks at the tables after each commit that may have written."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._rows = snapshot(read)
        self._promised = False
        self.commits: list[Commit] = []
        self.statements = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        writes = sql.lstrip().upper().startswith(_WRITING)
        self.statements += 0 if sql.startswith("BEGIN") else 1
        if writes and connection.in_atomic_block and not self._promised:
            self._promised = True
            transaction.on_commit(self.look)
        answer = execute(sql, params, many, context)
        if writes and not connection.in_atomic_block:
            self.look()
        return answer

    def look(self) -> None:
        self._promised = False
        before, self._rows = self._rows, snapshot(self._read)
        if commit := changes(before, self._rows):
            self.commits.append(commit)


def _table(model: type[models.Model]) -> Table:
    fields: list[Any] = [field for field in model._meta.concrete_fields if not field.generated]
    key: Any = model._meta.pk
    fields.sort(key=lambda field: field is not key)
    others = [field.column for field in fields if field.unique and field is not key]
    numbered = model._meta.auto_field is not None
    return Table(
        name=f'"{model._meta.db_table}"',
        columns=tuple(field.column for field in fields),
        types=tuple(_type(field) for field in fields),
        key=key.column,
        lasting_key=others[0] if numbered and others else key.column,
        numbered=numbered,
    )


def _type(field: Any) -> str:
    """Without the length, which the column itself checks."""
    name = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return str(name).partition("(")[0]


def _changes_of(
    table: Table, before: dict[Any, tuple[Any, ...]], after: dict[Any, tuple[Any, ...]]
) -> Iterator[Change]:
    if before.keys() - after.keys():
        raise ValueError(f"Rows of {table.name} were deleted.")
    inserted = [row for key, row in after.items() if key not in before]
    if inserted:
        first = 1 if table.numbered else 0
        yield Change(table.name, table.columns[first:], table.types[first:], [row[first:] for row in inserted])
    changed = [(before[key], row) for key, row in after.items() if key in before and before[key] != row]
    if changed:
        yield _update(table, changed)


def _update(table: Table, changed: Sequence[tuple[tuple[Any, ...], tuple[Any, ...]]]) -> Change:
    """Return the key and the columns that differ in any of the rows."""
    key = table.columns.index(table.lasting_key)
    differ = [at for at in range(len(table.columns)) if any(old[at] != new[at] for old, new in changed)]
    picked = [key, *differ]
    return Change(
        table.name,
        tuple(table.columns[at] for at in picked),
        tuple(table.types[at] for at in picked),
        [tuple(new[at] for at in picked) for _, new in changed],
        key=table.lasting_key,
    )


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _renamed(cell: Any, fresh: Mapping[str, str]) -> Any:
    """Return a cell with every id in it replaced, as a value or inside a text."""
    if isinstance(cell, uuid.UUID):
        return uuid.UUID(fresh.get(cell.hex, cell.hex))
    if not isinstance(cell, str):
        return cell
    return fresh[cell] if cell in fresh else _ID.sub(lambda found: _dashed(found[0], fresh), cell)


def _dashed(text: str, fresh: Mapping[str, str]) -> str:
    return str(uuid.UUID(fresh.get(text.replace("-", ""), text)))


def _is_id(cell: Any) -> bool:
    return isinstance(cell, uuid.UUID) or (isinstance(cell, str) and re.fullmatch("[0-9a-f]{32}", cell) is not None)


def _hex(cell: Any) -> str:
    return cell.hex if isinstance(cell, uuid.UUID) else str(cell)
