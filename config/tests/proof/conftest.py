"""Desks for the proofs: prepared once a run, copied for each test, ended with it."""

import itertools
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.tests.processes import environment, free_port, wait_for_port
from config.tests.proof.books import Books
from config.tests.proof.desks import (
    SETTINGS,
    Desk,
    DistributedDesk,
    EmbeddedDesk,
    Process,
    copy_database,
    copy_folder,
    drop_database,
    prepare,
)
from config.tests.proof.doses import SEED
from config.tests.proof.proxy import Line
from config.tests.proof.senders import Senders

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "")
NEEDS_POSTGRESQL = pytest.mark.skipif(not POSTGRESQL, reason="needs TEST_DATABASE_URL and redis-server")
BOTH = ["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRESQL)]
_numbers = itertools.count()


@pytest.fixture
def luck() -> random.Random:
    """Chance that can be told again: PROOF_SEED."""
    return random.Random(SEED)


@pytest.fixture(scope="session")
def embedded_template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list]]:
    made: dict[str, tuple[Path, list]] = {}

    def template(exchange: str) -> tuple[Path, list]:
        if exchange not in made:
            folder = tmp_path_factory.mktemp(f"sqlite-{exchange}")
            made[exchange] = folder, prepare(folder, exchange=exchange)
        return made[exchange]

    return template


@pytest.fixture(scope="session")
def distributed_template(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], tuple[Path, list, str]]]:
    made: dict[str, tuple[Path, list, str]] = {}

    def template(exchange: str) -> tuple[Path, list, str]:
        if exchange not in made:
            folder = tmp_path_factory.mktemp(f"postgresql-{exchange}")
            url = copy_database(f"{POSTGRESQL.rpartition('/')[0]}/template1", _database_name())
            made[exchange] = folder, prepare(folder, exchange=exchange, DATABASE_URL=url), url
        return made[exchange]

    yield template
    for _, _, url in made.values():
        drop_database(url)


@pytest.fixture
def desk_on(tmp_path, embedded_template, distributed_template) -> Iterator[Callable[..., Desk]]:
    """Make a desk of one's own that has not been started: `desk_on("sqlite")`, `desk_on("postgresql", "venue")`."""
    made: list[Desk] = []
    databases: list[str] = []

    def desk(database: str, exchange: str = "paper", *, through: Line | None = None, **more: str) -> Desk:
        folder = tmp_path / f"desk{len(made)}"
        more = {"DJANGO_SETTINGS_MODULE": SETTINGS, **more}
        if database == "sqlite":
            template, bots = embedded_template(exchange)
            copy_folder(template, folder)
            made.append(EmbeddedDesk(folder, bots, environment(folder, **more)))
        else:
            template, bots, template_url = distributed_template(exchange)
            copy_folder(template, folder)
            databases.append(copy_database(template_url, _database_name()))
            env = environment(folder, DATABASE_URL=_through(through, databases[-1]), **more)
            made.append(DistributedDesk(folder, bots, env, database_url=databases[-1]))
        return made[-1]

    yield desk
    for each in made:
        each.end()
        print(each.last_words())  # pytest shows it where a proof fails
    for url in databases:
        drop_database(url)


@pytest.fixture
def venue(tmp_path) -> Iterator[tuple[str, Path]]:
    """A venue in a process of its own: its address, and the file of all it was ever sent."""
    port, file = free_port(), tmp_path / "venue.jsonl"
    command = [sys.executable, "-m", "config.tests.proof.venue_server", str(port), str(file)]
    process = Process(command, dict(os.environ), tmp_path / "venue.log")
    wait_for_port(port)
    yield f"http://127.0.0.1:{port}", file
    process.kill()


@pytest.fixture
def line() -> Iterator[Line]:
    """A line to PostgreSQL that can be cut."""
    server = urlsplit(POSTGRESQL)
    to_server = Line(server.hostname or "127.0.0.1", server.port or 5432)
    yield to_server
    to_server.cut()


def _through(line: Line | None, url: str) -> str:
    server = urlsplit(url).netloc.rpartition("@")[2]
    return url.replace(server, f"127.0.0.1:{line.port}") if line else url


def _database_name() -> str:
    return f"desk_proof_{os.getpid()}_{next(_numbers)}"


@pytest.fixture
def report(request, capsys) -> Callable[..., None]:
    """Print the figures of a proof, whatever pytest captures."""

    def tell(senders: Senders, books: Books, **figures: float) -> None:
        figures |= {"acknowledged": len(senders.acknowledged), "slowest answer": senders.slowest}
        told = ", ".join(f"{name.replace('_', ' ')} {figure:.4g}" for name, figure in figures.items())
        with capsys.disabled():
            print(f"\n{request.node.name}: {told}; outcomes {dict(books.traded())}")

    return tell
