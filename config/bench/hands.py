"""Writes recorded commits by hand, through a bare driver, in as few statements as it takes: what a floor is made of."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from django.db import connection
from psycopg.types.string import TextLoader

from config.bench.recording import Change, Commit

Statement = Callable[[], object]
Script = list[list[Statement]]


class Hand(Protocol):
    """A bare connection to the database that Django is on."""

    def read(self, sql: str) -> list[tuple[Any, ...]]: ...

    def script(self, commits: Sequence[Commit]) -> Script:
        """Return the statements, ready but for being sent: the SQL as text, the rows as the driver takes them."""
        ...

    def play(self, script: Script) -> None:
        """Send them, commit by commit."""
        ...

    def close(self) -> None: ...


class SQLiteHand:
    """sqlite3, with the desk's own PRAGMAs; `executemany` is its fastest form."""

    def __init__(self) -> None:
        settings = connection.settings_dict
        self._connection = sqlite3.connect(settings["NAME"], isolation_level=None, timeout=20)
        self._connection.executescript(settings["OPTIONS"]["init_command"] + "PRAGMA foreign_keys=ON;")

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def script(self, commits: Sequence[Commit]) -> Script:
        return [[self._statement(change) for change in commit] for commit in commits]

    def play(self, script: Script) -> None:
        for commit in script:
            self._connection.execute("BEGIN IMMEDIATE")
            for statement in commit:
                statement()
            self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    def _statement(self, change: Change) -> Statement:
        if change.key is None:
            marks = ", ".join("?" * len(change.columns))
            sql = f"INSERT INTO {change.table} ({_names(change.columns)}) VALUES ({marks})"  # noqa: S608 - names of ours
            return self._many(sql, change.rows)
        pairs = ", ".join(f'"{column}" = ?' for column in change.columns[1:])
        rows = [(*row[1:], row[0]) for row in change.rows]
        return self._many(f'UPDATE {change.table} SET {pairs} WHERE "{change.key}" = ?', rows)  # noqa: S608 - names of ours

    def _many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> Statement:
        return lambda: self._connection.executemany(sql, rows)


class PostgreSQLHand:
    """psycopg; rows go as one array a column, or by COPY. An update is always of arrays: COPY cannot."""

    def __init__(self, *, by_copy: bool = False) -> None:
        given = connection.get_connection_params()
        mine = {name: given[name] for name in ("dbname", "user", "password", "host", "port") if name in given}
        self._connection = psycopg.connect(**mine, autocommit=True)
        self._connection.adapters.register_loader("jsonb", TextLoader)
        self._insert = self._copy if by_copy else self._unnest

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def script(self, commits: Sequence[Commit]) -> Script:
        return [[self._statement(change) for change in commit] for commit in commits]

    def play(self, script: Script) -> None:
        for commit in script:
            if len(commit) == 1:
                commit[0]()  # a statement alone is a transaction: no BEGIN, no COMMIT to wait for
                continue
            with self._connection.transaction():
                for statement in commit:
                    statement()

    def close(self) -> None:
        self._connection.close()

    def _statement(self, change: Change) -> Statement:
        if change.key is None:
            return self._insert(change)
        cells = zip(change.columns[1:], change.types[1:], strict=True)
        pairs = ", ".join(f'"{column}" = v."{column}"{_cast(name)}' for column, name in cells)
        key = change.key
        source = f"{_arrays(change)} AS v({_names(change.columns)})"
        sql = f'UPDATE {change.table} AS t SET {pairs} FROM {source} WHERE t."{key}" = v."{key}"'  # noqa: S608
        return self._once(sql, _columns(change))

    def _unnest(self, change: Change) -> Statement:
        names = _names(change.columns)
        cells = zip(change.columns, change.types, strict=True)
        picked = ", ".join(f'"{column}"{_cast(name)}' for column, name in cells)
        sql = f"INSERT INTO {change.table} ({names}) SELECT {picked} FROM {_arrays(change)} AS v({names})"  # noqa: S608
        return self._once(sql, _columns(change))

    def _copy(self, change: Change) -> Statement:
        sql = f"COPY {change.table} ({_names(change.columns)}) FROM STDIN"

        def statement() -> None:
            with self._connection.cursor() as cursor, cursor.copy(sql.encode()) as copy:
                for row in change.rows:
                    copy.write_row(row)

        return statement

    def _once(self, sql: str, columns: list[list[Any]]) -> Statement:
        return lambda: self._connection.execute(sql.encode(), columns)


@contextmanager
def hands() -> Iterator[dict[str, Hand]]:
    """Give every way to write by hand on this database; the fastest is the floor."""
    if connection.vendor == "sqlite":
        ways: dict[str, Hand] = {"executemany": SQLiteHand()}
    else:
        ways = {"unnest": PostgreSQLHand(), "COPY": PostgreSQLHand(by_copy=True)}
    try:
        yield ways
    finally:
        for hand in ways.values():
            hand.close()


def _arrays(change: Change) -> str:
    """Arrays go in binary: as text, every quote inside a JSON document would be escaped and read again."""
    return f"unnest({', '.join(f'%b::{_sent_as(name)}[]' for name in change.types)})"


def _sent_as(name: str) -> str:
    return "text" if name == "jsonb" else name


def _cast(name: str) -> str:
    return "::jsonb" if name == "jsonb" else ""


def _columns(change: Change) -> list[list[Any]]:
    return [list(column) for column in zip(*change.rows, strict=True)]


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
