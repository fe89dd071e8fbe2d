"""Streams for tests: publishing, and the two ends of a socket."""

import asyncio
import json
import threading
import time
from typing import Any

from channels.db import database_sync_to_async
from django.utils import timezone

from core.streams import reading
from core.streams.outbox import Message, emit
from core.streams.relay import number_events
from core.streams.sockets import Outbound

SECONDS = 30


def publish_now(*streams: str, count: int = 1) -> None:
    """Emit `count` messages to each stream and number them."""
    emit([Message(name, {"type": "x"}) for _ in range(count) for name in streams], now=timezone.now())
    number_events()


publish = database_sync_to_async(publish_now)


class Peer:
    """The other end of a socket, which may stop reading, or pause before each message."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.pause_seconds = 0.0
        self.has_ended = False
        self.outbound = Outbound(self._take, end=self._end)

    @property
    def cursors(self) -> list[int]:
        texts = [json.loads(message["text"]) for message in self.sent if "text" in message]
        return [text["cursor"] for text in texts if "cursor" in text]

    @property
    def code(self) -> int | None:
        return next((message["code"] for message in self.sent if message["type"] == "websocket.close"), None)

    async def has(self, count: int) -> None:
        """Wait until it was sent `count` messages of streams."""
        async with asyncio.timeout(SECONDS):
            while len(self.cursors) < count:
                await asyncio.sleep(0.005)

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await self.reads.wait()
            if self.pause_seconds:
                await asyncio.sleep(self.pause_seconds)
        self.sent.append(message)

    def _end(self) -> None:
        self.has_ended = True


class Gate:
    """Holds the next reading of the hub: "unread" before it asks the database, "read" with the answer in hand."""

    def __init__(self) -> None:
        self._read = reading.read_after
        self._where = ""
        self._reached = threading.Event()
        self._open = threading.Event()

    def read_after(self, *args: Any, **kwargs: Any) -> reading.Slice:
        if threading.current_thread().name.startswith("hub"):
            self._stand("unread")
            found = self._read(*args, **kwargs)
            self._stand("read")
            return found
        return self._read(*args, **kwargs)

    async def hold(self, where: str) -> None:
        """Hold the next reading there ("" for not at all) and wait until it stands."""
        self._where = where
        until = time.monotonic() + SECONDS
        while where and not self._reached.is_set() and time.monotonic() < until:
            await asyncio.sleep(0.005)

    def release(self) -> None:
        self._where = ""
        self._open.set()

    def _stand(self, where: str) -> None:
        if self._where == where:
            self._reached.set()
            self._open.wait(SECONDS)
