"""Real processes for tests: a desk in a folder of its own, on a port of its own, ended when the test is."""

import contextlib
import fcntl
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
OUR_PORTS = range(20000, 32000)
PORT_LOCKS = Path(tempfile.gettempdir()) / f"desk-ports-{os.getuid()}"
# Tests ask as fast as they can; those of the limits set their own.
NO_LIMITS = {
    f"RATE_LIMIT_{name}": "1000000"
    for name in ("PER_MINUTE", "ANONYMOUS_PER_MINUTE", "BURST_PER_SECOND", "LOGIN_PER_MINUTE")
}


@dataclass
class Process:
    """A child and the file that it writes to."""

    popen: subprocess.Popen[bytes]
    log: Path

    def text(self) -> str:
        return self.log.read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Signal the child and return the seconds until it was gone."""
        began = time.monotonic()
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            self.popen.wait(timeout=20)
        return time.monotonic() - began


def free_port() -> int:
    """Return a port of this machine that nobody listens on, and that no other call gives out while we live.

    A port that the system chose is free again at once: two servers that start slowly were once given the same. These
    lie below those that outgoing connections take, and a lock on a file each keeps other test processes off.
    """
    PORT_LOCKS.mkdir(exist_ok=True)
    for port in random.sample(OUR_PORTS, len(OUR_PORTS)):
        if _claimed(port) and _is_free(port):
            return port
    raise AssertionError("no port is free")


def _claimed(port: int) -> bool:
    lock = os.open(PORT_LOCKS / str(port), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    return True  # the lock stays open, and so ours, until this process ends


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """Return the environment of a desk that shares nothing with the tests' own."""
    names = ("SECRET_KEY", "JWT_SIGNING_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL")
    mine = {name: value for name, value in os.environ.items() if name not in names}
    return {
        **mine,
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ADMIN_PASSWORD": "Admin-pass-7",
        "LISTINGS_PROVIDERS": "",
        **NO_LIMITS,
        **more,
    }


def run(*arguments: str, env: dict[str, str]) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return done.stdout


def bootstrap(env: dict[str, str], *options: str) -> None:
    """Make a desk as its operator would; an embedded one like it is made once in a run of the tests, then copied."""
    if env.get("DATABASE_URL") or "DESKS_MADE" not in os.environ:
        run("manage.py", "bootstrap", *options, env=env)
    else:
        shutil.copytree(_bootstrapped(env, options), env["DATA_DIR"], dirs_exist_ok=True)


@contextlib.contextmanager
def demo_on_postgresql(folder: Path, server_url: str, **more: str) -> Iterator[dict[str, str]]:
    """Make a demo desk on a PostgreSQL database of its own, dropped afterwards; yield its environment.

    In a run of the tests it is a copy of one that is made once, and a crash of the server may lose its last commits.
    """
    if "DESKS_MADE" not in os.environ:
        with fresh_database(server_url) as database_url:
            env = environment(folder, DATABASE_URL=database_url, **more)
            run("manage.py", "bootstrap", "--demo", env=env)
            yield env
        return
    name = _own_name()
    env = environment(folder, DATABASE_URL=_beside(server_url, name), **more)
    made = _bootstrapped(env, ("--demo",))
    shutil.copytree(made, folder, dirs_exist_ok=True)
    with _database(server_url, name, template=_database_of(made)) as server:
        server.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")
        yield env


def drop_made_databases(server_url: str) -> None:
    """Drop what was copied in this run of the tests."""
    with psycopg.connect(server_url, autocommit=True) as server:
        for made in Path(os.environ["DESKS_MADE"]).glob("*.lock"):
            server.execute(f"DROP DATABASE IF EXISTS {_database_of(made.with_suffix(''))} WITH (FORCE)")


def _bootstrapped(env: dict[str, str], options: tuple[str, ...]) -> Path:
    """Return the folder that all processes of a run of the tests copy: who comes first makes it, the others wait."""
    places = ("DATA_DIR", "DATABASE_URL", "REDIS_URL")
    own = {name: value for name, value in env.items() if os.environ.get(name) != value and name not in places}
    kind = [name for name in places if env.get(name)]
    name = hashlib.sha256(repr((sorted(own.items()), kind, options)).encode()).hexdigest()[:16]
    made = Path(os.environ["DESKS_MADE"]) / name
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            making = made.with_suffix(".making")
            run("manage.py", "bootstrap", *options, env={**env, "DATA_DIR": str(making), **_database_for(made, env)})
            making.rename(made)
    return made


def _database_for(made: Path, env: dict[str, str]) -> dict[str, str]:
    """Make the database of a desk that is to be copied, on the server of `env`; return its part of the environment."""
    if not env.get("DATABASE_URL"):
        return {}
    name = _database_of(made)
    with psycopg.connect(_beside(env["DATABASE_URL"], "postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")  # of a bootstrap that failed
        server.execute(f"CREATE DATABASE {name}")
        server.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")
    return {"DATABASE_URL": _beside(env["DATABASE_URL"], name)}


def _database_of(made: Path) -> str:
    return f"{made.parent.name}_{made.name}".replace("-", "_")


def _beside(database_url: str, name: str) -> str:
    return f"{database_url.rsplit('/', 1)[0]}/{name}"


@contextlib.contextmanager
def started(*command: str, env: dict[str, str], log: Path) -> Iterator[Process]:
    with log.open("wb") as out:
        popen = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
    process = Process(popen, log)
    try:
        yield process
    finally:
        if popen.poll() is None:
            popen.terminate()  # a server of several processes ends its own
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(timeout=10)
        if popen.poll() is None:
            popen.kill()
            popen.wait()


def wait_for(url: str, process: Process) -> None:
    """Wait until a server answers; fail with its log when it ends before."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(requests.RequestException):
            if requests.get(url, timeout=5).status_code == 200:
                return
        if process.popen.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"no answer from {url}:\n{process.text()}")


def wait_for_port(port: int) -> None:
    """Wait until somebody listens on a port of this machine."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens on {port}")


def alert_url(banner: str) -> str:
    """Return the address in the printed curl."""
    found = re.search(r"http://\S+/webhook/tradingview/\S+", banner)
    assert found, banner
    return found[0]


@contextlib.contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Make an empty PostgreSQL database beside the one named, and drop it afterwards."""
    name = _own_name()
    with _database(server_url, name):
        yield _beside(server_url, name)


@contextlib.contextmanager
def _database(server_url: str, name: str, *, template: str = "template1") -> Iterator[psycopg.Connection]:
    """Make a database, and drop it afterwards; yield a connection to its server."""
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield server
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _own_name() -> str:
    return f"desk_test_{os.getpid()}_{time.monotonic_ns()}"
