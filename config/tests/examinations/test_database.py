"""The database: reachable, its tables as the code wants them, its triggers in place."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from config.examinations import postgresql
from config.examinations.database import examine_database, examine_migrations, examine_storage, examine_triggers
from core import triggers

pytestmark = pytest.mark.django_db


def levels(examine):
    return [finding.level for finding in examine()]


@pytest.mark.parametrize("examine", [examine_database, examine_migrations, examine_triggers, examine_storage])
def test_the_tests_own_database_is_sound(examine, monkeypatch, on_postgresql):
    monkeypatch.setattr(postgresql, "BUSY_SHARE", 1)  # others may use the server
    if on_postgresql:
        connection.cursor().execute("SET LOCAL synchronous_commit = on")  # tests are not durable
    assert set(levels(examine)) == {"ok"}


def test_a_migration_that_is_not_applied_is_named():
    [(app, name)] = MigrationLoader(connection).graph.leaf_nodes("webhooks")
    MigrationRecorder(connection).record_unapplied(app, name)
    finding = next(examine_migrations())
    assert (finding.level, f"webhooks.{name}" in finding.found) == ("error", True)


def test_a_migration_of_newer_code_is_named():
    MigrationRecorder(connection).record_applied("webhooks", "0999_later")
    finding = next(examine_migrations())
    assert (finding.level, "webhooks.0999_later" in finding.found) == ("error", True)


def test_a_dropped_trigger_is_named():
    triggers.remove()
    finding = next(examine_triggers())
    assert (finding.level, "accounts_transfer_no_update" in finding.found) == ("error", True)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file is SQLite's")
def test_a_file_that_is_not_there_is_an_error_and_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "desk.sqlite3"))
    assert levels(examine_database) == ["error"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="versions are PostgreSQL's")
def test_an_old_server_is_an_error(monkeypatch):
    monkeypatch.setattr("config.examinations.database.LEAST_POSTGRESQL", 990_000)
    assert levels(examine_database) == ["error"]
