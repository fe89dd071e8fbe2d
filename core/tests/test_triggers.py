"""Triggers: the desk knows which of its own are missing, and puts them back after every migration."""

import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection

from core import triggers

pytestmark = pytest.mark.django_db

UPDATE, DELETE = "accounts_transfer_no_update", "accounts_transfer_no_delete"


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def drop(name):
    run(f"DROP TRIGGER {name}" + (" ON accounts_transfer" if connection.vendor == "postgresql" else ""))


def test_nothing_is_missing_from_a_migrated_database():
    assert triggers.missing() == []


def test_dropped_triggers_are_named_in_order():
    drop(UPDATE)
    drop(DELETE)
    assert triggers.missing() == [DELETE, UPDATE]


def test_installing_puts_them_back():
    drop(UPDATE)
    triggers.install()
    assert triggers.missing() == []


def test_installing_twice_changes_nothing():
    triggers.install()
    triggers.install()
    assert triggers.missing() == []


def test_a_migration_puts_them_back():
    drop(UPDATE)
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert triggers.missing() == []


def test_an_older_text_of_the_same_name_is_replaced(on_postgresql):
    drop(UPDATE)
    body = "EXECUTE FUNCTION accounts_transfer_refuse()" if on_postgresql else "BEGIN SELECT 1; END"
    run(f"CREATE TRIGGER {UPDATE} BEFORE UPDATE ON accounts_transfer {'FOR EACH ROW' if on_postgresql else ''} {body}")
    before = text_of(UPDATE)
    triggers.install()
    assert text_of(UPDATE) != before


def text_of(name):
    query = {
        "postgresql": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s",
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = %s",
    }
    with connection.cursor() as cursor:
        cursor.execute(query[connection.vendor], [name])
        return cursor.fetchone()[0]


def test_a_trigger_of_the_same_name_on_another_table_does_not_count(on_postgresql):
    drop(UPDATE)
    body = "FOR EACH ROW EXECUTE FUNCTION accounts_transfer_refuse()" if on_postgresql else "BEGIN SELECT 1; END"
    run(f"CREATE TRIGGER {UPDATE} BEFORE UPDATE ON accounts_share {body}")
    assert triggers.missing() == [UPDATE]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot disable a trigger")
def test_a_disabled_trigger_is_missing():
    run(f"ALTER TABLE accounts_transfer DISABLE TRIGGER {UPDATE}")
    assert triggers.missing() == [UPDATE]


def test_removed_triggers_are_all_missing():
    triggers.remove()
    assert {UPDATE, DELETE} < set(triggers.missing())
