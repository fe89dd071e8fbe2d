"""Redis: answers, refuses rather than forgets, and is left alone where it is not used."""

import os

import pytest

from config.examinations import redis_server
from config.examinations.redis_server import (
    examine_redis,
    latency_finding,
    memory_finding,
    persistence_findings,
)
from config.tests.processes import free_port

REDIS_URL = os.environ.get("TEST_REDIS_URL", "")
needs_redis = pytest.mark.skipif(not REDIS_URL, reason="needs TEST_REDIS_URL")


def test_an_embedded_desk_has_none(settings):
    settings.REDIS_URL = ""
    assert [finding.level for finding in examine_redis()] == ["skipped"]


@needs_redis
def test_a_server_that_answers_is_sound(settings, monkeypatch):
    monkeypatch.setattr(redis_server, "ANSWER_SECONDS", 30)
    monkeypatch.setattr(redis_server, "SLOW_MILLISECONDS", 30_000)  # the tests' machine may be busy
    settings.REDIS_URL = REDIS_URL
    assert {finding.level for finding in examine_redis()} == {"ok"}


def test_an_address_where_nobody_listens_is_an_error_without_the_password(settings):
    settings.REDIS_URL = f"redis://:hunter2@127.0.0.1:{free_port()}/0"
    (finding,) = examine_redis()
    assert (finding.level, "hunter2" in finding.found, ":***@" in finding.found) == ("error", False, True)


@needs_redis
def test_a_wrong_password_is_an_error(settings):
    settings.REDIS_URL = REDIS_URL.replace("://", "://nobody:hunter2@")
    (finding,) = examine_redis()
    assert (finding.level, "hunter2" in finding.found) == ("error", False)


@pytest.mark.parametrize("address", ["nonsense", "redis://host:port/0"])
def test_what_is_no_address_is_an_error(settings, address):
    settings.REDIS_URL = address
    assert [finding.level for finding in examine_redis()] == ["error"]


@pytest.mark.parametrize(
    ("told", "level"),
    [
        ({"maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, "ok"),
        ({"maxmemory": 1_000_000, "maxmemory_policy": "noeviction"}, "ok"),
        ({"maxmemory": 1_000_000, "maxmemory_policy": "allkeys-lru"}, "error"),
        ({"maxmemory": 1_000_000, "maxmemory_policy": "volatile-ttl"}, "error"),
    ],
    ids=str,
)
def test_a_server_that_throws_keys_away_is_an_error(told, level):
    assert memory_finding(told).level == level


@pytest.mark.parametrize(("milliseconds", "level"), [(0.2, "ok"), (50.0, "ok"), (50.1, "warning")])
def test_a_slow_server_is_told(milliseconds, level):
    assert latency_finding(milliseconds).level == level


@pytest.mark.parametrize(
    ("told", "level"),
    [({"rdb_last_bgsave_status": "err"}, "error"), ({"aof_enabled": 1}, "ok"), ({"aof_enabled": 0}, "ok")],
    ids=str,
)
def test_a_failed_snapshot_is_an_error(told, level):
    assert [finding.level for finding in persistence_findings(told)] == [level]
