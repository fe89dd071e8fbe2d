"""Broadcasts: states that are true for a moment, handed to all who look, never stored: prices, profit and loss.

A state belongs to a topic; a newer one takes the place of an older that is not out yet. Who sends does so from any
process, for many topics at once; each event loop listens once for all its sockets and lets no topic pass more often
than PER_SECOND. Whoever makes states is told which topics are looked at, so that it makes no others.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, InterfaceError
from redis import RedisError

from core.streams.sockets import Outbound, text_message

logger = logging.getLogger(__name__)

GROUP = "desk.states"
PER_SECOND = 4
# How often those who make states hear again which topics somebody looks at.
TELL_SECONDS = 60.0
RETRY_SECONDS = 1.0

Makers = Callable[[Collection[str]], None]

makers: list[Makers] = []
"""Told, in a thread, which topics somebody looks at: at once for a new one, then every TELL_SECONDS."""


class Broadcaster:
    """Sends states from a thread that has no event loop; used by that thread only."""

    def __init__(self) -> None:
        # One loop for all sending: the layer's connection lives as long as the loop that opened it.
        self._runner: asyncio.Runner | None = None
        self._is_away = False

    def send(self, states: Mapping[str, str]) -> None:
        """Send each topic's newest state, as JSON text. Where Redis is away nobody sees them, nothing else happens."""
        if not states:
            return
        self._runner = self._runner or asyncio.Runner()
        try:
            self._runner.run(get_channel_layer().group_send(GROUP, {"type": "states", "states": dict(states)}))
        except (RedisError, OSError) as error:
            if not self._is_away:
                logger.warning("states are not broadcast: %s", type(error).__name__)
            self._is_away = True
        else:
            self._is_away = False

    def close(self) -> None:
        """Let the loop and its connections go; the next sending opens others."""
        if self._runner is not None:
            self._runner.close()
        self._runner = None


class Receiver:
    """The topics that the sockets of one event loop look at. Its methods are called in that loop."""

    def __init__(self) -> None:
        self._lookers: dict[str, set[Outbound]] = {}
        self._sent_at: dict[str, float] = {}
        self._held: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._is_new = asyncio.Event()

    def join(self, socket: Outbound, topic: str) -> None:
        """Hand the socket the states of a topic from now on."""
        if topic not in self._lookers:
            self._is_new.set()
        self._lookers.setdefault(topic, set()).add(socket)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell_makers())]

    async def leave(self, socket: Outbound, topic: str) -> None:
        """Hand the socket nothing more of a topic; the last one ends the listening."""
        lookers = self._lookers.get(topic, set())
        lookers.discard(socket)
        if not lookers:
            for kept in (self._lookers, self._sent_at, self._held):
                kept.pop(topic, None)
        if not self._lookers:
            _receivers.pop(asyncio.get_running_loop(), None)
            tasks, self._tasks = self._tasks, []
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def take(self, states: Mapping[str, str]) -> None:
        """Hand out states of topics that are looked at; one that comes too soon waits, the newest of them."""
        for topic in states.keys() & self._lookers.keys():
            wait = self._sent_at.get(topic, 0.0) + 1 / PER_SECOND - time.monotonic()
            if wait <= 0:
                self._held.pop(topic, None)  # a busy loop has not let it go yet: it would come after the newer one
                self._hand_out(topic, states[topic])
            else:
                if topic not in self._held:
                    asyncio.get_running_loop().call_later(wait, self._let_go, topic)
                self._held[topic] = states[topic]

    def _let_go(self, topic: str) -> None:
        state = self._held.pop(topic, None)
        if state is not None:
            self._hand_out(topic, state)

    def _hand_out(self, topic: str, state: str) -> None:
        self._sent_at[topic] = time.monotonic()
        message = text_message(state)
        for socket in list(self._lookers[topic]):
            socket.offer_newest(topic, message)

    async def _listen(self) -> None:
        """Hear what is sent. Whatever befalls the layer costs a moment, never the listening."""
        while True:
            try:
                await self._hear()
            except (RedisError, OSError) as error:
                logger.warning("no states are heard for a moment: %s", type(error).__name__)
            except Exception:
                logger.exception("the hearing of states failed")
            await asyncio.sleep(RETRY_SECONDS)

    async def _hear(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel("states.")
        await layer.group_add(GROUP, channel)
        try:
            while True:
                self.take((await layer.receive(channel))["states"])
        finally:
            await layer.group_discard(GROUP, channel)

    async def _tell_makers(self) -> None:
        while True:
            self._is_new.clear()
            try:
                await _tell(frozenset(self._lookers))
            except (DatabaseError, InterfaceError) as error:
                logger.warning("who makes states could not be told: %s", type(error).__name__)
            except Exception:
                logger.exception("telling who makes states failed")
            try:
                async with asyncio.timeout(TELL_SECONDS):
                    await self._is_new.wait()
            except TimeoutError:
                continue


@database_sync_to_async
def _tell(topics: Collection[str]) -> None:
    for told in makers:
        told(topics)


_receivers: dict[asyncio.AbstractEventLoop, Receiver] = {}


def receiver() -> Receiver:
    """Return the receiver of the running event loop; to be joined at once."""
    return _receivers.setdefault(asyncio.get_running_loop(), Receiver())
