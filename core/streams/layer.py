"""Channels' layer for the one process: its threads and event loops may all send, the receiver's own loop is woken.

The stock in-memory layer puts into a queue of another loop without waking that loop, so that what a worker's thread
sends arrives whenever something else happens there.
"""

import asyncio
import contextlib
import threading
import time
import uuid
from collections import deque
from copy import deepcopy
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

Waiting = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


class _Channel:
    """What was sent on one channel, with the time at which it is stale, and who waits for more."""

    def __init__(self) -> None:
        self.messages: deque[tuple[float, dict[str, Any]]] = deque()
        self.waiting: list[Waiting] = []


class ThreadSafeLayer(BaseChannelLayer):
    """Channels and groups of one process, guarded by one lock that is held for no longer than an append."""

    extensions = ["groups", "flush"]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channel_capacity: Any = self.compile_capacities(self.channel_capacity)
        self._guard = threading.Lock()
        self._channels: dict[str, _Channel] = {}
        self._groups: dict[str, set[str]] = {}

    async def new_channel(self, prefix: str = "specific.") -> str:
        return f"{prefix}memory!{uuid.uuid4().hex}"

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Put a message on a channel. Raises ChannelFull."""
        self.require_valid_channel_name(channel)
        with self._guard:
            self._put(channel, deepcopy(message))

    async def receive(self, channel: str) -> dict[str, Any]:
        """Return the oldest message of a channel, once there is one."""
        self.require_valid_channel_name(channel)
        loop = asyncio.get_running_loop()
        while True:
            with self._guard:
                message = self._take(channel)
                if message is not None:
                    return message
                me: Waiting = (loop, loop.create_future())
                self._channels.setdefault(channel, _Channel()).waiting.append(me)
            try:
                await me[1]
            finally:
                with self._guard:
                    self._forget(channel, me)

    async def group_add(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        with self._guard:
            self._groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        with self._guard:
            self._leave(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to every channel of a group; those that are full miss it."""
        self.require_valid_group_name(group)
        with self._guard:
            for channel in list(self._groups.get(group, ())):
                with contextlib.suppress(ChannelFull):
                    self._put(channel, deepcopy(message))

    async def flush(self) -> None:
        with self._guard:
            self._channels.clear()
            self._groups.clear()

    async def close(self) -> None:
        """Nothing is held open."""

    def _put(self, name: str, message: dict[str, Any]) -> None:
        channel = self._channels.setdefault(name, _Channel())
        if self._drop_stale(channel):
            for group in list(self._groups):  # nobody reads it any more
                self._leave(group, name)
        if len(channel.messages) >= self.get_capacity(name):
            raise ChannelFull(name)
        channel.messages.append((time.monotonic() + self.expiry, message))
        for loop, future in channel.waiting:
            with contextlib.suppress(RuntimeError):  # its loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(_wake, future)

    def _take(self, name: str) -> dict[str, Any] | None:
        channel = self._channels.get(name)
        if channel is None:
            return None
        self._drop_stale(channel)
        return channel.messages.popleft()[1] if channel.messages else None

    def _drop_stale(self, channel: _Channel) -> bool:
        before, now = len(channel.messages), time.monotonic()
        while channel.messages and channel.messages[0][0] < now:
            channel.messages.popleft()
        return len(channel.messages) < before

    def _forget(self, name: str, me: Waiting) -> None:
        channel = self._channels.get(name)
        if channel is None:
            return
        if me in channel.waiting:
            channel.waiting.remove(me)
        if not channel.waiting and not channel.messages:
            del self._channels[name]

    def _leave(self, group: str, channel: str) -> None:
        members = self._groups.get(group, set())
        members.discard(channel)
        if not members:
            self._groups.pop(group, None)


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
