"""WebSockets of daphne's from which no more is read than somebody takes.

daphne puts every message of a peer into a queue without end, and answers each ping into a buffer without end: one
socket that sends and does not read would fill the memory. Here its line is left unread meanwhile, and TCP stops it;
its pings are answered once it reads, and what nobody took of it is dropped when it goes. A line is held for what only
an attack would send at once: a held peer's pong goes unread too, and a peer without one is dropped after half a minute.
"""

import asyncio
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

MOST_UNTAKEN = 1024
MOST_UNTAKEN_BYTES = 1024 * 1024
# How often a line that is held is looked at.
LOOK_SECONDS = 0.02


class HeldSocket(WebSocketProtocol):
    """A socket whose line is held while MOST_UNTAKEN of its messages wait, or MOST_UNTAKEN_BYTES since none did."""

    _untaken_bytes = 0
    _is_held = False
    _unanswered: bytes | None = None

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - autobahn's names
        queue: asyncio.Queue[Any] = self.application_queue
        self._untaken_bytes = len(payload) + (0 if queue.empty() else self._untaken_bytes)
        super().onMessage(payload, isBinary)
        if self._has_enough() and not self._is_held:
            self._is_held = True
            self.transport.pauseProducing()
            self._look_soon()

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:  # noqa: N802, N803
        """Let what nobody took go with the peer: it asks for nothing any more, and its end would wait behind it."""
        if hasattr(self, "application_queue"):  # it may be gone before it had one
            self._drop_untaken()
        super().onClose(wasClean, code, reason)

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """Answer at once, or the newest ping once the peer reads: RFC 6455 asks for no more (5.5.3)."""
        if self.transport.producerPaused:
            self._unanswered = payload
        else:
            super().onPing(payload)

    def answer_ping(self) -> None:
        """Answer the ping that waits, if there is one: what was sent before has been read."""
        payload, self._unanswered = self._unanswered, None
        if payload is not None:
            self.sendPong(payload)

    def _drop_untaken(self) -> None:
        queue: asyncio.Queue[Any] = self.application_queue
        for message in [queue.get_nowait() for _ in range(queue.qsize())]:
            if message["type"] != "websocket.receive":
                queue.put_nowait(message)

    def _has_enough(self) -> bool:
        untaken: int = self.application_queue.qsize()
        return untaken >= MOST_UNTAKEN or (untaken > 0 and self._untaken_bytes >= MOST_UNTAKEN_BYTES)

    def _look_soon(self) -> None:
        asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        if self.state == self.STATE_CLOSED:
            return
        if self._has_enough():
            self._look_soon()
        else:
            self._is_held = False
            self.transport.resumeProducing()


class HeldFactory(WebSocketFactory):
    """Makes held sockets of every connection."""

    protocol = HeldSocket
