"""What goes out on one WebSocket: a bounded queue and one writer, so that a slow reader holds up nobody else."""

import asyncio
import contextlib
import logging
import time
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

logger = logging.getLogger(__name__)

MOST_WAITING = 256
STALL_SECONDS = 10
BRISK_SECONDS = 0.1
CLOSE_SECONDS = 2

COME_AGAIN = 1013

Send = Callable[[Any], Awaitable[None]]


def text_message(text: str) -> dict[str, Any]:
    """Return the ASGI message that sends `text`. It is never changed, so any number of sockets may share one."""
    return {"type": "websocket.send", "text": text}


class Outbound:
    """The way out of one socket. Used in its event loop only; the writer lives while something waits."""

    __slots__ = ("_closing", "_end", "_newest", "_queue", "_room", "_send", "_writer", "code", "only", "sending_since")

    def __init__(self, send: Send, *, end: Callable[[], None]) -> None:
        """`end` ends the application behind the socket: a peer that reads nothing does not answer a close."""
        self._send = send
        self._end = end
        self._queue: deque[dict[str, Any]] = deque()
        self._newest: dict[str, dict[str, Any]] = {}
        self._room: asyncio.Event | None = None
        self._writer: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self.code: int | None = None
        self.only: str | None = None
        self.sending_since: float | None = None

    @property
    def is_closed(self) -> bool:
        return self.code is not None

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return len(self._queue)

    def takes(self, kind: str) -> bool:
        """Say whether messages of streams of this type are for the socket: all of them, or those of type `only`."""
        return self.only is None or self.only == kind

    def offer(self, message: dict[str, Any]) -> None:
        """Send when it is its turn; close a socket that has too much waiting already."""
        if self.code is not None:
            return
        if len(self._queue) >= MOST_WAITING:
            self.close(COME_AGAIN)
            return
        self._queue.append(message)
        if self._writer is None:
            self._write_at_once()

    def offer_newest(self, topic: str, message: dict[str, Any]) -> None:
        """Send after all that waits, in the place of an older state of the topic that is not out yet."""
        if self.code is None:
            self._newest[topic] = message
            if self._writer is None:
                self._write_at_once()

    async def put(self, message: dict[str, Any]) -> None:
        """Send when it is its turn, waiting for the queue to be half empty: for those who can wait."""
        while len(self._queue) > MOST_WAITING // 2 and self.code is None:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()
        self.offer(message)

    def is_stalled(self, now: float) -> bool:
        """Say whether the peer has not read for STALL_SECONDS."""
        return self.sending_since is not None and now - self.sending_since > STALL_SECONDS

    def is_brisk(self) -> bool:
        """Say whether the writer gets on: no message has taken BRISK_SECONDS."""
        return self.sending_since is None or time.monotonic() - self.sending_since < BRISK_SECONDS

    def close(self, code: int) -> None:
        """Close with `code`, once; what still waits is dropped."""
        if self.code is not None:
            return
        self.code = code
        self._drop_waiting()
        if self._writer is not None:
            self._writer.cancel()
        if self._room is not None:
            self._room.set()
        self._closing = asyncio.create_task(self._close(code))

    def forget(self) -> None:
        """The socket is gone: nothing more goes out."""
        if self.code is None:
            self.code = 1006
            self._drop_waiting()
            if self._writer is not None:
                self._writer.cancel()
            if self._room is not None:
                self._room.set()

    def _drop_waiting(self) -> None:
        self._queue.clear()
        self._newest.clear()

    def _write_at_once(self) -> None:
        """Write as far as the server takes it at once; a task only for what has to wait.

        A task per message and socket would cost more than all the rest of handing out.
        """
        writing = self._write()
        try:
            waited_for = writing.send(None)
        except StopIteration:
            return
        self._writer = asyncio.create_task(_go_on(writing, waited_for))

    async def _write(self) -> None:
        try:
            while self._queue or self._newest:
                self.sending_since = time.monotonic()
                await self._send(self._queue.popleft() if self._queue else self._newest.pop(next(iter(self._newest))))
                if self._room is not None and len(self._queue) <= MOST_WAITING // 2:
                    self._room.set()
        except (OSError, RuntimeError) as error:  # the server's word for a peer that went away
            logger.debug("a socket went away: %s", type(error).__name__)
            self.forget()
        finally:
            self.sending_since = None
            self._writer = None

    async def _close(self, code: int) -> None:
        try:
            with contextlib.suppress(OSError, RuntimeError, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._send({"type": "websocket.close", "code": code})
        finally:
            self._end()


@types.coroutine
def _go_on(begun: Coroutine[Any, Any, None], waited_for: Any) -> Generator[Any, Any, None]:
    """Take over a coroutine that was begun outside a task, at the future that it waits for."""
    try:
        while True:
            try:
                sent = yield waited_for
            except BaseException as error:  # noqa: BLE001 - a cancellation too is the coroutine's own affair
                waited_for = begun.throw(error)
            else:
                waited_for = begun.send(sent)
    except StopIteration:
        return
