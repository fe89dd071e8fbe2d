"""`make test`: the suite on SQLite, and again on PostgreSQL + Redis where they are given or found on localhost.

TEST_DATABASE_URL (and TEST_REDIS_URL): one pass, on those. TEST_PASSES=sqlite: one pass, on SQLite.
"""

import os
import subprocess
import sys

import psycopg
import redis

LOCAL_DATABASES = (
    "postgres://postgres@127.0.0.1:5432/postgres",
    "postgres://postgres:postgres@127.0.0.1:5432/postgres",
)
LOCAL_REDIS = "redis://127.0.0.1:6379/9"
NO_TESTS_COLLECTED = 5


def main(arguments: list[str]) -> int:
    """Run the passes and return the first bad exit status."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return _run(arguments, given, os.environ.get("TEST_REDIS_URL", ""))
    status = _run(arguments, "", "")
    if status or os.environ.get("TEST_PASSES") == "sqlite":
        return status
    database, redis_url = local_database(), local_redis()
    if not (database and redis_url):
        lacking = " and ".join(name for name, url in (("PostgreSQL", database), ("Redis", redis_url)) if not url)
        print(f"skipped: the pass on PostgreSQL + Redis ({lacking} not found on localhost)")
        return 0
    return _run(arguments, database, redis_url)


def _run(arguments: list[str], database: str, redis_url: str) -> int:
    where = "PostgreSQL" if database else "SQLite"
    print(f"-- tests on {where}{' + Redis' if redis_url else ''}", flush=True)
    environment = {**os.environ, "TEST_DATABASE_URL": database, "TEST_REDIS_URL": redis_url}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "3", "--dist", "worksteal", *arguments]
    status = subprocess.run(command, env=environment, check=False).returncode
    return 1 if status == NO_TESTS_COLLECTED else status


def local_database() -> str:
    """Return the first PostgreSQL that answers on localhost; empty where none does."""
    for url in LOCAL_DATABASES:
        try:
            psycopg.connect(url, connect_timeout=10).close()
        except psycopg.Error:
            continue
        return url
    return ""


def local_redis() -> str:
    """Return the tests' Redis on localhost; empty where it does not answer."""
    try:
        redis.Redis.from_url(LOCAL_REDIS, socket_connect_timeout=10).ping()
    except redis.RedisError:
        return ""
    return LOCAL_REDIS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
