"""A SQLite file: how it writes, and whether it is whole."""

import sqlite3

import pytest
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from config.examinations.sqlite import storage_findings

pytestmark = pytest.mark.django_db

JOURNAL, SYNCHRONOUS, WAIT, WHOLE = range(4)


@pytest.fixture
def file(tmp_path):
    """A database of a few hundred pages."""
    path = tmp_path / "desk.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)")
        database.execute("CREATE INDEX rows_by_text ON rows (text)")
        database.executemany("INSERT INTO rows (text) VALUES (?)", [(f"{n:0200}",) for n in range(5_000)])
    database.close()
    return path


@pytest.fixture
def opened(file):
    """Open the file as the desk would, with other options on demand."""
    made = []

    def connect(pragmas="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", timeout=20):
        options = {"timeout": timeout, "init_command": pragmas}
        chosen = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": options}
        made.append(DatabaseWrapper(connections.configure_settings({"default": chosen})["default"]))
        return made[-1]

    yield connect
    made[-1].close()


def test_a_whole_file_with_the_desks_options_is_sound(opened):
    assert {finding.level for finding in storage_findings(opened())} == {"ok"}


@pytest.mark.parametrize(
    ("options", "which", "level"),
    [
        ({"pragmas": "PRAGMA synchronous=FULL"}, JOURNAL, "warning"),
        ({"pragmas": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"}, SYNCHRONOUS, "error"),
        ({"timeout": 1}, WAIT, "warning"),
    ],
    ids=str,
)
def test_another_way_to_write_is_told(opened, options, which, level):
    assert list(storage_findings(opened(**options)))[which].level == level


def test_a_damaged_file_is_an_error(opened, file):
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = b"\x7f" * 4096
    file.write_bytes(content)
    assert list(storage_findings(opened()))[WHOLE].level == "error"


def test_a_check_that_takes_too_long_is_ended(opened):
    assert list(storage_findings(opened(), check_seconds=-1))[WHOLE].level == "skipped"
