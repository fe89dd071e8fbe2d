"""Sees from outside when a delivery is committed: by asking the database again and again."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from config.bench.places import FreshDesk

POLL_SECONDS = 0.002
# Numbers are given before they are committed: one that comes late stands this far back at most.
_LOOK_BACK = 64

Ask = Callable[[str], list[tuple[Any, ...]]]


@contextmanager
def asking(desk: FreshDesk) -> Iterator[Ask]:
    """Give a way to read the desk's database, each question in a transaction of its own."""
    if desk.database_url:
        with psycopg.connect(desk.database_url, autocommit=True) as server:
            yield lambda sql: server.execute(sql.encode()).fetchall()
        return
    with closing(sqlite3.connect(f"file:{desk.sqlite_file}?mode=ro", uri=True, timeout=20)) as file:
        yield lambda sql: file.execute(sql).fetchall()


@contextmanager
def watching(desk: FreshDesk) -> Iterator[dict[str, float]]:
    """Fill a dict: when each alert_id was first seen among the committed deliveries, by time.perf_counter.

    An upper bound of the moment of the commit: late by up to a poll and the time of its query.
    """
    seen: dict[str, float] = {}
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(desk, seen, done), daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _watch(desk: FreshDesk, seen: dict[str, float], done: threading.Event) -> None:
    with asking(desk) as ask:
        [(highest,)] = ask("SELECT coalesce(max(id), 0) FROM webhooks_delivery")
        finished = False
        while not finished:  # once more after the last alert is done
            finished = done.wait(POLL_SECONDS)
            rows = ask(f"SELECT id, alert_id FROM webhooks_delivery WHERE id > {highest - _LOOK_BACK}")  # noqa: S608
            now = time.perf_counter()
            for number, alert_id in rows:
                seen.setdefault(alert_id, now)
                highest = max(highest, number)
