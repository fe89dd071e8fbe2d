"""A PostgreSQL server: durable, with room for more connections, nobody in the way."""

from datetime import timedelta

import pytest
from django.db import connection

from config.examinations.postgresql import (
    behaviour_findings,
    connections_finding,
    durability_finding,
    session_finding,
    storage_findings,
)

SOUND = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "TimeZone": "UTC",
}
AT_ONCE, LATER = timedelta(0), timedelta(hours=1)

on_postgresql_only = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_may_lose_rows_is_an_error(name):
    finding = durability_finding({**SOUND, name: "off"})
    assert (finding.level, f"{name} = on" in finding.advice) == ("error", True)


@pytest.mark.parametrize("commit", ["on", "remote_apply", "local"])
def test_a_server_that_waits_for_its_disk_is_sound(commit):
    assert durability_finding({**SOUND, "synchronous_commit": commit}).level == "ok"


@pytest.mark.parametrize(
    ("chosen", "levels"),
    [
        ({}, []),
        ({"default_transaction_isolation": "serializable"}, ["warning"]),
        ({"TimeZone": "Asia/Tokyo"}, ["warning"]),
    ],
    ids=str,
)
def test_defaults_that_are_not_the_desks_are_told(chosen, levels):
    assert [finding.level for finding in behaviour_findings({**SOUND, **chosen})] == levels


@pytest.mark.parametrize(("used", "level"), [(1, "ok"), (79, "ok"), (80, "warning"), (100, "warning")])
def test_connections_run_out(used, level):
    assert connections_finding(used=used, most=100).level == level


@on_postgresql_only
@pytest.mark.django_db
def test_what_this_session_does_loosely_is_seen():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    assert next(storage_findings(connection)).level == "error"


@on_postgresql_only
@pytest.mark.django_db
def test_a_session_that_sits_in_a_transaction_is_named_by_its_id():
    other = connection.copy()
    other.set_autocommit(False)
    other.cursor().execute("SELECT 1")
    pid = other.connection.info.backend_pid
    found = [session_finding(connection, idle=idle, waiting=LATER) for idle in (AT_ONCE, LATER)]
    other.close()
    assert ([finding.level for finding in found], str(pid) in found[0].found) == (["warning", "ok"], True)
