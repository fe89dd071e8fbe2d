"""Where the bench runs: SQLite always, PostgreSQL with Redis where they are found; each time on a desk of its own."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.run_tests import local_database, local_redis
from config.tests.processes import ROOT, environment, fresh_database, run


@dataclass(frozen=True, slots=True)
class Place:
    """A database, and the Redis beside it. Both empty: SQLite, and all in one process."""

    name: str
    database_url: str = ""
    redis_url: str = ""


@dataclass(frozen=True, slots=True)
class FreshDesk:
    """An empty desk: the environment of its processes, its folder, its database (empty: SQLite in the folder)."""

    env: dict[str, str]
    folder: Path
    database_url: str

    @property
    def sqlite_file(self) -> Path:
        return self.folder / "desk.sqlite3"


def find_places() -> list[Place]:
    """Return where to measure, servers found as the tests find them; say so where there are none."""
    database = os.environ.get("TEST_DATABASE_URL") or local_database()
    redis_url = os.environ.get("TEST_REDIS_URL") or local_redis()
    lacking = [name for name, url in (("PostgreSQL", database), ("Redis", redis_url)) if not url]
    if lacking:
        print(f"skipped: PostgreSQL + Redis ({' and '.join(lacking)} not found on localhost)")
        return [Place("SQLite")]
    return [Place("SQLite"), Place("PostgreSQL", database, redis_url)]


@contextmanager
def fresh_desk(place: Place) -> Iterator[FreshDesk]:
    """Make an empty desk, on the disk of the desk's own data, and take it away afterwards."""
    data = ROOT / "data"
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=data) as name, ExitStack() as stack:
        folder = Path(name)
        url = stack.enter_context(fresh_database(place.database_url)) if place.database_url else ""
        env = environment(folder, DATABASE_URL=url, REDIS_URL=place.redis_url)
        run("manage.py", "bootstrap", env=env)
        yield FreshDesk(env, folder, url)
