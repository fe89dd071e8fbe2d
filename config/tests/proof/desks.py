"""Desks that are killed and started again on the same data: embedded on SQLite, several processes on PostgreSQL."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
import redis
import requests

from config.tests.processes import ROOT, START_SECONDS, bootstrap, environment, free_port, run
from config.tests.proof.books import Books
from config.tests.proof.cast import Alerted
from config.tests.proof.dying import DIED

SETTINGS = "config.tests.proof.desk_settings"
MAKE_CAST = "from config.tests.proof import cast; cast.make('{exchange}')"
THREADS = 16
LAST_WORDS = 6000
BIN = Path(sys.executable).parent


class Process:
    """A child in a group of its own, so that what it started dies with it."""

    def __init__(self, command: Sequence[str], env: dict[str, str], log: Path) -> None:
        with log.open("ab") as out:
            self.popen = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.log = log

    @property
    def lives(self) -> bool:
        return self.popen.poll() is None

    def signal_all(self, how: signal.Signals) -> None:
        """Signal the whole group. What is gone already is passed over."""
        try:
            os.killpg(self.popen.pid, how)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        self.signal_all(signal.SIGKILL)
        self.popen.wait()

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def wait_until_dead(self, seconds: float = START_SECONDS) -> None:
        self.popen.wait(timeout=seconds)


class Desk:
    """Processes by name on one folder of data; `start` brings back what is dead."""

    def __init__(self, folder: Path, bots: list[Alerted], env: dict[str, str]) -> None:
        self.folder, self.bots, self.env = folder, bots, env
        self.serve_on(1)
        self.processes: dict[str, Process] = {}
        self.books = Books(self.database())

    @property
    def addresses(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def serve_on(self, many: int) -> None:
        """Serve on so many ports, each from a process of its own; at most half of its threads wait for a worker."""
        self.ports = [free_port() for _ in range(many)]
        self.env |= {"WEBHOOK_WAITING_MOST": str(THREADS // many // 2)}

    def commands(self) -> dict[str, list[str]]:
        """Return every process by name; `web` and its like are those that serve."""
        webs = ["web", *(f"web{number}" for number in range(2, len(self.ports) + 1))]
        return {name: self.web_command(port) for name, port in zip(webs, self.ports, strict=True)}

    def web_command(self, port: int) -> list[str]:
        raise NotImplementedError

    def database(self) -> str | Path:
        raise NotImplementedError

    def start(self) -> float:
        """Start what is dead; return the seconds until the desk answered."""
        began = time.monotonic()
        for name in self.commands():
            self.start_one(name)
        for address in self.addresses:
            self.wait_for_answer(address)
        return time.monotonic() - began

    def start_one(self, name: str, **more: str) -> None:
        """Start a process where it is dead, with more in its environment."""
        process = self.processes.get(name)
        if process is None or not process.lives:
            log = self.folder / f"{name}.log"
            self.processes[name] = Process(self.commands()[name], {**self.env, **more}, log)

    def start_to_die(self, name: str, **more: str) -> None:
        """Start the desk with one process that is to die."""
        self.start_one(name, **more)
        self.start()

    def wait_until_died(self, name: str) -> None:
        """Wait for the mark that the dying leave, and kill what is left of the process."""
        self.wait_for_mark(name)
        self.processes[name].kill()

    def hang(self, name: str) -> Process:
        """Stop all of a process that has begun to hang, and forget it, so that `start` starts another."""
        self.wait_for_mark(name)
        self.processes[name].signal_all(signal.SIGSTOP)
        self.processes[f"{name} that hung"] = self.processes.pop(name)
        return self.processes[f"{name} that hung"]

    def wait_for_mark(self, name: str) -> None:
        until = time.monotonic() + START_SECONDS
        while not (self.folder / DIED).exists():
            assert time.monotonic() < until, f"{name} does not die"
            time.sleep(0.02)
        (self.folder / DIED).unlink()

    def wait_for_answer(self, address: str) -> None:
        web = self.processes["web"]
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and web.lives:
            try:
                if requests.get(f"{address}/health", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                time.sleep(0.03)
        raise AssertionError(f"no answer from {address}:\n{web.log.read_text()[-4000:]}")

    def kill_some(self, luck: random.Random) -> str:
        """SIGKILL one process of the desk, or a part of it; return which."""
        raise NotImplementedError

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
        self.books.close()

    def last_words(self) -> str:
        """Return the end of every log."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-LAST_WORDS:]}" for log in logs)

    def log_lines(self, *texts: str) -> list[str]:
        """Return the lines of all logs that hold one of the texts."""
        lines = [line for log in self.folder.glob("*.log") for line in log.read_text(errors="replace").splitlines()]
        return [line for line in lines if any(text in line for text in texts)]


class EmbeddedDesk(Desk):
    """One process: web, worker and beat."""

    def serve_on(self, many: int) -> None:
        """Serve from one process, however many are asked for: a second one would not start on the same folder."""
        super().serve_on(1)

    def web_command(self, port: int) -> list[str]:
        return [sys.executable, "manage.py", "serve", "--port", str(port)]

    def database(self) -> Path:
        return self.folder / "desk.sqlite3"

    def kill_some(self, luck: random.Random) -> str:
        self.processes["web"].kill()
        return "desk"


class DistributedDesk(Desk):
    """Web, worker and beat on PostgreSQL, and a Redis of their own."""

    workers = 2

    def __init__(self, folder: Path, bots: list[Alerted], env: dict[str, str], *, database_url: str) -> None:
        self.database_url = database_url
        super().__init__(folder, bots, env)
        self.redis_port = free_port()
        self.redis: Process | None = None
        self.start_redis()
        self.env |= {"REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0"}

    def stop_redis(self, how: signal.Signals) -> None:
        """Kill Redis, or have it hang with its sockets open."""
        self.redis.signal_all(how)

    def start_redis(self) -> None:
        """Start a Redis, empty, on the port of the one before; one that hangs is killed first."""
        if self.redis is not None:
            self.redis.kill()
        command = ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", ""]
        self.redis = Process([*command, "--appendonly", "no"], dict(os.environ), self.folder / "redis.log")
        client = redis.Redis(port=self.redis_port)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                client.ping()
                return
            except redis.RedisError:
                time.sleep(0.05)
        raise AssertionError("redis does not answer")

    def commands(self) -> dict[str, list[str]]:
        celery = [str(BIN / "celery"), "-A", "config"]
        return super().commands() | {
            "worker": [*celery, "worker", "--loglevel", "WARNING", "--concurrency", str(self.workers)],
            "beat": [*celery, "beat", "--loglevel", "WARNING"],
        }

    def web_command(self, port: int) -> list[str]:
        threads = ["--blocking-threads", str(THREADS // len(self.ports)), "--backpressure", "64"]
        return [str(BIN / "granian"), "--interface", "wsgi", "--port", str(port), *threads, "config.wsgi:application"]

    def database(self) -> str:
        return self.database_url

    def kill_some(self, luck: random.Random) -> str:
        name = luck.choice(["web", "worker", "worker's child", "worker's parent", "beat"])
        process = self.processes[name.partition("'")[0]]
        if name.endswith("parent"):
            process.popen.kill()  # its children are orphans, and end by themselves
            process.popen.wait()
        elif name.endswith("child") and (children := process.children()):
            os.kill(luck.choice(children), signal.SIGKILL)
        else:
            process.kill()
        return name

    def end(self) -> None:
        super().end()
        if self.redis is not None:
            self.redis.kill()


def prepare(folder: Path, *, exchange: str, **more: str) -> list[Alerted]:
    """Make the tables, the admin and the cast of a fresh desk."""
    env = environment(folder, **more)
    bootstrap(env)
    told = run("manage.py", "shell", "-v", "0", "-c", MAKE_CAST.format(exchange=exchange), env=env)
    return [Alerted(**bot) for bot in json.loads(told.splitlines()[-1])]


def copy_folder(template: Path, folder: Path) -> Path:
    return Path(shutil.copytree(template, folder))


def copy_database(template_url: str, name: str) -> str:
    """Make a database from another, which nobody may be connected to; return its address."""
    server, _, template = template_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{server}/{name}"


def drop_database(url: str) -> None:
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
