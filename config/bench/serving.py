"""Starts a desk's own processes for the bench, as the README says to run them."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.bench.places import FreshDesk
from config.tests.processes import free_port, started, wait_for

_MANY_THREADS = ("--blocking-threads", "32")


@dataclass(frozen=True, slots=True)
class Serving:
    """A desk that answers: its port, and the process that does."""

    port: int
    pid: int


@contextmanager
def serving(desk: FreshDesk) -> Iterator[Serving]:
    """Serve a desk: one process on SQLite; granian, a worker and beat on PostgreSQL + Redis."""
    port = free_port()
    with ExitStack() as stack:
        servers = [
            stack.enter_context(started(*command, env=desk.env, log=desk.folder / f"{name}.log"))
            for name, command in _commands(desk, str(port)).items()
        ]
        wait_for(f"http://127.0.0.1:{port}/health", servers[0])
        yield Serving(port, servers[0].popen.pid)


def memory_mib(pid: int) -> tuple[float, float] | None:
    """Return what a process holds in memory now and what it held at most; None where /proc is not there."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024, int(lines["VmHWM"].split()[0]) / 1024


def _commands(desk: FreshDesk, port: str) -> dict[str, tuple[str, ...]]:
    if not desk.database_url:
        return {"serve": (sys.executable, "manage.py", "serve", "--port", port)}
    programs = Path(sys.executable).parent
    granian, celery = str(programs / "granian"), (str(programs / "celery"), "-A", "config")
    return {
        "web": (granian, "--interface", "wsgi", "--port", port, *_MANY_THREADS, "config.wsgi:application"),
        "worker": (*celery, "worker", "--loglevel", "WARNING", "--concurrency", "2"),
        "beat": (*celery, "beat", "--loglevel", "WARNING"),
    }
