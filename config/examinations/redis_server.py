"""Examines Redis: that it answers in time, that it forgets nothing by itself, what it keeps through a restart."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.examinations import Finding, error, first_line, ok, skipped, warning
from core.redaction import redact

ANSWER_SECONDS = 1.0
SLOW_MILLISECONDS = 50.0


def examine_redis() -> Iterator[Finding]:
    """Ask the server of REDIS_URL about itself."""
    if not settings.REDIS_URL:
        yield skipped("Embedded: no Redis is used.")
        return
    try:
        with client(settings.REDIS_URL) as server:
            told, milliseconds = server.info(), _round_trip(server)
    except ValueError:  # what it says may quote the password
        yield error("REDIS_URL is no address of a Redis.", "Write redis://:password@host:6379/0, its signs escaped.")
        return
    except redis.RedisError as failure:
        found = f"Redis at {redact(settings.REDIS_URL)} does not let the desk in: {first_line(failure)}."
        yield error(found, "See that the server runs and that host, port, number and password in REDIS_URL are right.")
        return
    yield ok(f"Redis at {redact(settings.REDIS_URL)} answers; version {told['redis_version']}.")
    yield latency_finding(milliseconds)
    yield memory_finding(told)
    yield from persistence_findings(told)


def client(url: str) -> redis.Redis:
    """Return a client that gives up after a second and never tries again. Raises ValueError for no address."""
    return redis.Redis.from_url(
        url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
    )


def latency_finding(milliseconds: float) -> Finding:
    """Judge the median round trip."""
    found = f"Redis answers within {milliseconds:.1f} ms."
    if milliseconds > SLOW_MILLISECONDS:
        return warning(found, "Bring Redis nearer, and look for slow commands with `redis-cli slowlog get`.")
    return ok(found)


def memory_finding(told: Mapping[str, Any]) -> Finding:
    """Say whether a full Redis throws tasks away: it must refuse instead."""
    policy = told.get("maxmemory_policy", "noeviction")
    if int(told.get("maxmemory", 0)) and policy != "noeviction":
        found = f"A full Redis throws away what the desk needs: maxmemory-policy is {policy}."
        return error(found, "Run `redis-cli config set maxmemory-policy noeviction`, and set it in redis.conf.")
    return ok("A full Redis throws nothing away.")


def persistence_findings(told: Mapping[str, Any]) -> Iterator[Finding]:
    """Tell what a restart keeps. Alerts are safe in the database whatever Redis forgets."""
    if told.get("rdb_last_bgsave_status", "ok") != "ok":
        advice = "Look at the server's log and its disk: Redis refuses writes after a failed save."
        yield error("Redis could not save its last snapshot.", advice)
    elif told.get("aof_enabled"):
        yield ok("Redis keeps an append-only file.")
    else:
        yield ok("Redis keeps snapshots at most; alerts wait in the database.")


def _round_trip(server: redis.Redis) -> float:
    """Return the median of five pings in milliseconds."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        server.ping()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[2]
