"""Reads a desk's books straight from its database, whatever its processes do, and says what is wrong with them."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from config.tests.proof.complaints import SENTENCES

SHOWN = 5
_UNFINISHED = "SELECT COUNT(*) FROM webhooks_delivery WHERE status IN ('received', 'processing')"


class Books:
    """A connection of its own: a URL of PostgreSQL, or the file of SQLite."""

    def __init__(self, database: str | Path) -> None:
        self._connection: Any = (
            sqlite3.connect(database, timeout=60, isolation_level=None)
            if isinstance(database, Path)
            else psycopg.connect(database, autocommit=True)
        )

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str) -> list[tuple]:
        return list(self._connection.execute(sql).fetchall())

    def keys(self, sql: str) -> list[str]:
        """Return the first column, ids without their dashes."""
        return [_plain(row[0]) for row in self.rows(sql)]

    def deadlocks(self) -> int:
        """How many deadlocks the database has broken since it was made; SQLite knows none."""
        if isinstance(self._connection, sqlite3.Connection):
            return 0
        return int(self.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0])

    def unfinished(self) -> int:
        """How many alerts are stored and not dealt with."""
        return int(self.rows(_UNFINISHED)[0][0])

    def settle(self, *, seconds: float, at_most: int = 0) -> float:
        """Wait until at most so many alerts are unfinished; return how long that took."""
        began = time.monotonic()
        while self.unfinished() > at_most:
            assert time.monotonic() - began < seconds, f"{self.unfinished()} alerts after {seconds} s"
            time.sleep(0.05)
        return time.monotonic() - began

    def complaints(self, acknowledged: Iterable[str] = ()) -> dict[str, list]:
        """Return each sentence that does not hold with some of the rows that break it; nothing is as it should be.

        All is read at one moment: the desk may be reconciling.
        """
        with self._one_moment():
            found = {sentence: self.rows(sql) for sentence, sql in SENTENCES.items()}
            found |= {"an acknowledged alert is not there": self._lost(acknowledged), **self._wrong_events()}
        return {sentence: rows[:SHOWN] for sentence, rows in found.items() if rows}

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        on_sqlite = isinstance(self._connection, sqlite3.Connection)
        self._connection.execute("BEGIN" if on_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def traded(self) -> Counter[str]:
        """How many outcomes there are of each kind."""
        return Counter(dict(self.rows("SELECT status, COUNT(*) FROM trading_outcome GROUP BY status")))

    def _lost(self, acknowledged: Iterable[str]) -> list[str]:
        stored = {_plain(row[0]) for row in self.rows("SELECT correlation_id FROM webhooks_delivery")}
        return sorted({_plain(key) for key in acknowledged} - stored)

    def _wrong_events(self) -> dict[str, list]:
        """Each order's last state, each fill and each signal is told exactly once in its stream."""
        facts = Counter(self._facts())
        orders = self.rows("SELECT account_id, client_order_id, status FROM trading_order")
        fills = self.rows("SELECT account_id, id FROM trading_fill")
        signals = self.rows("SELECT bot_id, id FROM trading_signal WHERE status = 'processed'")
        expected = [("OrderChanged", _plain(account), key, status) for account, key, status in orders]
        expected += [("FillRecorded", _plain(account), _plain(key), "") for account, key in fills]
        expected += [
            (fact, _plain(bot), _plain(key), "") for bot, key in signals for fact in ("SignalOpened", "SignalHandled")
        ]
        return {
            "a fact is not told": [fact for fact in expected if not facts[fact]],
            "a fact is told again": [fact for fact in expected if facts[fact] > 1],
            "a fill is told that is not there": _surplus(facts, expected, "FillRecorded"),
        }

    def _facts(self) -> Iterable[tuple[str, str, str, str]]:
        for stream, message in self.rows("SELECT stream, message FROM core_event ORDER BY id"):
            body = json.loads(message) if isinstance(message, str) else message
            told = body["facts"] if stream.startswith("account:") else body["data"]["facts"]
            for fact in told:
                status = fact["status"] if fact["type"] == "OrderChanged" else ""
                yield fact["type"], _plain(stream.partition(":")[2]), _key(fact), status


def _surplus(facts: Counter, expected: list[tuple], kind: str) -> list[tuple]:
    return sorted({fact for fact in facts if fact[0] == kind} - set(expected))


def _key(fact: dict[str, Any]) -> str:
    return _plain(fact.get("client_order_id") or fact.get("fill_id") or fact.get("correlation_id") or "")


def _plain(key: object) -> str:
    return str(key).replace("-", "")
