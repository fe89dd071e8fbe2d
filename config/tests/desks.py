"""Whole desks for tests: one process on SQLite, or web, sockets and relay on PostgreSQL and a Redis of their own."""

import contextlib
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
from websockets.sync.client import ClientConnection, connect

from config.tests.processes import (
    START_SECONDS,
    Process,
    bootstrap,
    demo_on_postgresql,
    environment,
    free_port,
    run,
    started,
    wait_for,
)

PYTHON = Path(sys.executable).parent
HAS_SERVERS = bool(os.environ.get("TEST_DATABASE_URL") and shutil.which("redis-server"))

needs_servers = pytest.mark.skipif(not HAS_SERVERS, reason="needs TEST_DATABASE_URL and redis-server")

Command = tuple[str, ...]
Server = Callable[[int], Command]

TELL = """
from uuid import UUID
from django.db import transaction
from django.utils import timezone
from trading.services.facts import bot_message
from core.streams.outbox import emit
for number in range({first}, {first} + {count}):
    with transaction.atomic():
        fact = {{"type": "Told", "number": number, "padding": "x" * {padding}}}
        emit([bot_message(UUID("{bot_id}"), [fact], now=timezone.now())], now=timezone.now())
"""


@dataclass
class Desk:
    """A desk that runs: its address, its environment, its processes by name."""

    base: str
    env: dict[str, str]
    processes: dict[str, Process] = field(default_factory=dict)
    token: str = ""
    user_id: str = ""

    def log_in(self) -> None:
        body = {"username": "admin", "password": "Admin-pass-7"}
        told = requests.post(f"{self.base}/api/v1/auth/login", json=body, timeout=60).json()
        self.token = told["access_token"]
        self.user_id = self.get("auth/me")["id"]

    def get(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.get(f"{self.base}/api/v1/{path}", headers=headers, timeout=60).json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.post(f"{self.base}/api/v1/{path}", json=body, headers=headers, timeout=60)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.patch(f"{self.base}/api/v1/{path}", json=body, headers=headers, timeout=60)

    def bot_id(self) -> str:
        return str(self.get("bots")["items"][0]["id"])

    def account_id(self) -> str:
        return str(self.get("accounts")["items"][0]["id"])

    @property
    def sockets_base(self) -> str:
        return self.base.replace("http", "ws", 1)

    def socket(self, *, query: str | None = None, user_id: str = "") -> ClientConnection:
        query = f"?token={self.token}" if query is None else query
        return connect(f"{self.sockets_base}/api/v1/ws/{user_id or self.user_id}{query}", max_queue=None, proxy=None)

    def tell(self, bot_id: str, count: int, *, first: int = 0, padding: int = 0) -> None:
        """Store `count` numbered messages of a bot, each `padding` bytes longer, from a process of its own."""
        code = TELL.format(bot_id=bot_id, count=count, first=first, padding=padding)
        run("manage.py", "shell", "-c", code, env=self.env)

    @contextlib.contextmanager
    def unread_socket(self, path: str = "", *, say: str = "") -> Iterator[ClientConnection]:
        """Open an address (one's own) with a small window, say something, and never read."""
        address = f"{self.sockets_base}{path or f'/ws/{self.user_id}'}?token={self.token}"
        with socket.create_connection(("127.0.0.1", int(self.base.rpartition(":")[2]))) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # A queue of one: the library stops reading once it is full.
            with connect(address, sock=line, max_queue=1, proxy=None, ping_interval=None, close_timeout=0) as unread:
                unread.send(say or '{"type": "ping"}')
                yield unread


def receive(socket: ClientConnection, kind: str, *, seconds: float = 60) -> dict[str, Any]:
    """Return the next message of a type, passing over others."""
    until = time.monotonic() + seconds
    while True:
        message = json.loads(socket.recv(timeout=max(0.0, until - time.monotonic())))
        if message["type"] == kind:
            return dict(message)


def subscribe(socket: ClientConnection, bot_id: str, **more: Any) -> dict[str, Any]:
    socket.send(json.dumps({"type": "subscribe", "bot_id": bot_id, **more}))
    return receive(socket, "subscribed")


def updates(socket: ClientConnection, count: int, *, fact: str = "Told") -> list[dict[str, Any]]:
    """Return the next updates whose first fact is of a type, passing over others."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = receive(socket, "bot_update")
        found += [message] if message["data"]["facts"][0]["type"] == fact else []
    return found


def daphne(port: int) -> Command:
    return (sys.executable, "manage.py", "sockets", "--port", str(port))


def granian(port: int) -> Command:
    return (str(PYTHON / "granian"), "--interface", "asgi", "--port", str(port), "config.asgi:application")


@contextlib.contextmanager
def embedded_desk(folder: Path, *, module: str = "") -> Iterator[Desk]:
    env = environment(folder)
    bootstrap(env, "--demo")
    port = free_port()
    serve = (sys.executable, "manage.py", "serve", "--port", str(port))
    command = (sys.executable, "-m", module, str(port)) if module else serve
    with started(*command, env=env, log=folder / "serve.log") as process:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        desk = Desk(f"http://127.0.0.1:{port}", env, {"serve": process})
        desk.log_in()
        yield desk


@contextlib.contextmanager
def redis_server(folder: Path, port: int) -> Iterator[Process]:
    """Run a Redis that belongs to the test."""
    command = ("redis-server", "--port", str(port), "--save", "", "--bind", "127.0.0.1", "--dir", str(folder))
    with started(*command, env=dict(os.environ), log=folder / "redis.log") as process:
        client = redis.Redis(port=port)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                break
            time.sleep(0.05)
        client.close()
        yield process


@contextlib.contextmanager
def distributed_desk(
    folder: Path, *, redis_port: int, server: Server | None = None, postgresql: str = ""
) -> Iterator[Desk]:
    """Serve sockets (and HTTP) from one process, publish from a relay in another."""
    server_url, redis_url = postgresql or os.environ["TEST_DATABASE_URL"], f"redis://127.0.0.1:{redis_port}/0"
    with demo_on_postgresql(folder, server_url, REDIS_URL=redis_url) as env, contextlib.ExitStack() as stack:
        port = free_port()
        relay = (sys.executable, "manage.py", "relay")
        web = stack.enter_context(started(*(server or daphne)(port), env=env, log=folder / "sockets.log"))
        relaying = stack.enter_context(started(*relay, env=env, log=folder / "relay.log"))
        wait_for(f"http://127.0.0.1:{port}/health", web)
        desk = Desk(f"http://127.0.0.1:{port}", env, {"sockets": web, "relay": relaying})
        desk.log_in()
        yield desk
