"""The hub: one per event loop. Reads published messages once for all its sockets and hands them out, encoded once.

A socket's place in a stream is the cursor up to which it was handed everything of that stream. The hub's own place is
never past that of any subscription:

* The hub reads what follows its place in the streams that are watched when the reading starts, and hands each message
  to those whose place is before it. Afterwards the place of each is at the message, the hub's at the end of the slice.
* A subscription reads by itself what it missed, slice by slice, and joins with the place P that it came to. The hub
  may be past P by then, or in the middle of a reading that does not know of the stream, or of handing out. So a
  newcomer is let in between two readings only, and the hub goes back to P before the next. What others have had
  already is before their place, so nobody gets it twice; what came between P and the joining is after the newcomer's,
  so nothing is missed.
* Going back costs a reading of the few messages since; waiting until both happen to be at the same cursor could
  take forever on a busy desk.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError, connections
from redis import RedisError

from core.streams import reading
from core.streams.reading import Slice
from core.streams.relay import HUBS
from core.streams.sockets import COME_AGAIN, MOST_WAITING, Outbound, text_message

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PING_SECONDS = 20
SLICE = 100
BREATH = 20_000
SETTLE_SECONDS = 0.05
SETTLE_STEP_SECONDS = 0.002

PING = text_message('{"type":"ping"}')


class Hub:
    """The streams that somebody watches, and who. Its methods are called in its own loop."""

    def __init__(self) -> None:
        self._sockets: set[Outbound] = set()
        self._watchers: dict[str, dict[Outbound, int]] = {}
        self._place: int | None = None  # none while nothing is watched
        self._newcomers: dict[tuple[str, Outbound], int] = {}
        self._nudged = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._pinged_at = 0.0

    def enter(self, socket: Outbound) -> None:
        """Take a socket in: from now on it is pinged, and closed when it does not read."""
        self._sockets.add(socket)
        if not self._tasks:
            self._start()

    async def leave(self, socket: Outbound) -> None:
        """Let a socket go, with all that it watches; the last one ends the hub."""
        self._sockets.discard(socket)
        watched = [name for name, watching in self._watchers.items() if socket in watching]
        for stream in watched + [name for name, newcomer in self._newcomers if newcomer is socket]:
            self.unwatch(socket, stream)
        if not self._sockets:
            _hubs.pop(asyncio.get_running_loop(), None)
            await self._stop()

    def watches(self, socket: Outbound, stream: str) -> int | None:
        """Return the socket's place in a stream that it watches, else None."""
        return self._newcomers.get((stream, socket), self._watchers.get(stream, {}).get(socket))

    def join(self, socket: Outbound, stream: str, place: int) -> None:
        """Hand the socket everything of a stream from now on; it had everything up to `place`."""
        self._newcomers[stream, socket] = place
        self._nudged.set()

    def unwatch(self, socket: Outbound, stream: str) -> None:
        """Hand the socket nothing more of a stream."""
        self._newcomers.pop((stream, socket), None)
        watching = self._watchers.get(stream, {})
        watching.pop(socket, None)
        if not watching:
            self._watchers.pop(stream, None)

    def _start(self) -> None:
        self._pinged_at = time.monotonic()
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._listen())]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        # A thread of its own: a burst of logins waits for the database behind one another, the hub does not.
        executor = ThreadPoolExecutor(1, thread_name_prefix="hub")
        read = database_sync_to_async(reading.read_after, thread_sensitive=False, executor=executor)
        try:
            while True:
                if await self._safe_round(read):
                    await self._rest()
        finally:
            executor.submit(connections.close_all)  # of that thread
            executor.shutdown(wait=False)

    async def _safe_round(self, read: Callable[..., Any]) -> bool:
        """Return whether there is nothing more for now. Whatever fails costs a round, never the hub."""
        try:
            self._look_after_sockets()
            return await self._round(read)
        except (OperationalError, InterfaceError) as error:
            logger.warning("the hub cannot read, it tries again: %s", type(error).__name__)
        except Exception:
            logger.exception("a round of the hub failed")
        await asyncio.sleep(POLL_SECONDS)
        return False

    async def _round(self, read: Callable[..., Any]) -> bool:
        """Read and hand out one slice; return whether it was the last for now."""
        self._nudged.clear()
        self._let_newcomers_in()
        if not self._watchers or self._place is None:
            self._place = None
            return True
        found: Slice = await read(self._place, frozenset(self._watchers), most=SLICE)
        handed = await self._hand_out(found)
        self._place = found.cursor  # where handing out failed, the same slice is read again
        await self._settle(handed)
        return found.is_last

    def _let_newcomers_in(self) -> None:
        """Go back to the lowest place of those who joined since the last reading began."""
        for (stream, socket), place in self._newcomers.items():
            self._watchers.setdefault(stream, {})[socket] = place
            self._place = place if self._place is None else min(self._place, place)
        self._newcomers.clear()

    async def _hand_out(self, found: Slice) -> set[Outbound]:
        """Offer each message to those who watch its stream; return the sockets that were offered something."""
        handed: set[Outbound] = set()
        looked_at = 0
        for published in found.messages:
            watching = self._watchers.get(published.stream, {})
            message = text_message(published.text)
            for socket, place in list(watching.items()):
                if place < published.cursor:
                    watching[socket] = published.cursor
                    if socket.takes(published.kind):
                        socket.offer(message)
                        handed.add(socket)
            looked_at += len(watching)
            if looked_at >= BREATH:  # let the others of this loop have their turn
                looked_at = 0
                await asyncio.sleep(0)
        return handed

    async def _settle(self, handed: set[Outbound]) -> None:
        """Let the writers take what they were given, so that a long catch-up overflows no queue of a brisk reader.

        Not for long: a reader who is only just brisk would hold up all others.
        """
        until = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < until and any(
            socket.waiting > MOST_WAITING // 2 and socket.is_brisk() for socket in handed
        ):
            await asyncio.sleep(SETTLE_STEP_SECONDS)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._nudged.wait()

    def _look_after_sockets(self) -> None:
        now = time.monotonic()
        for socket in list(self._sockets):
            if socket.is_stalled(now):
                socket.close(COME_AGAIN)
        if now - self._pinged_at >= PING_SECONDS:
            self._pinged_at = now
            for socket in list(self._sockets):
                socket.offer(PING)

    async def _listen(self) -> None:
        """Be woken by the relay. Whatever befalls the layer, the hub looks every second anyway."""
        while True:
            try:
                await self._hear_nudges()
            except (RedisError, OSError) as error:
                logger.warning("the hub hears no nudges, it looks every second: %s", type(error).__name__)
            except Exception:
                logger.exception("the hub hears no nudges, it looks every second")
            await asyncio.sleep(POLL_SECONDS)

    async def _hear_nudges(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel("hub.")
        await layer.group_add(HUBS, channel)
        try:
            while True:
                await layer.receive(channel)
                self._nudged.set()
        finally:
            await layer.group_discard(HUBS, channel)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """Return the hub of the running event loop; to be entered at once, or it may end with its last socket."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


async def catch_up(socket: Outbound, streams: Collection[str], since: int) -> int:
    """Send what a socket missed of `streams` after the cursor `since`, in one order; return its place in them now.

    As fast as the peer reads and no faster. Raises Forgotten where messages after `since` are kept no longer.
    """
    place, is_last = since, False
    while not (is_last or socket.is_closed):
        found = await _read_missed(place, streams, most=SLICE)
        for published in filter(lambda one: socket.takes(one.kind), found.messages):
            await socket.put(text_message(published.text))
        place, is_last = found.cursor, found.is_last
    return place


last_cursor = database_sync_to_async(reading.last_cursor)
_read_missed = database_sync_to_async(reading.read_missed)
