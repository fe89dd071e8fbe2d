"""daphne, with the things that it lacks: who sends waits while the peer does not read, a frame is made once, and
no body is kept that is larger than anybody takes (capped_requests.py).

daphne hands every message to the transport, whose buffer grows without end while a client reads nothing. Here the
transport says when its buffer is full, and `send` of that socket returns once it has emptied. What goes out to many
sockets is one ASGI message, the same object for each: its frame is kept until the next.
"""

import asyncio
from typing import Any

from daphne import server
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol

from config.capped_requests import CappedFactory

server.HTTPFactory = CappedFactory  # a server makes its factory by this name

STANDARD_CODES = range(1001, 1016)


class Valve:
    """Shut while a transport's buffer is full: what Twisted calls a push producer, and calls by these names."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    @property
    def is_shut(self) -> bool:
        return not self._open.is_set()

    async def passed(self) -> None:
        """Wait until it is open."""
        await self._open.wait()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name, as are the next two
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()


class PatientServer(Server):
    """A daphne server whose sockets have back-pressure, and for which a thousand readers are one frame."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._valves: dict[WebSocketProtocol, Valve] = {}
        self._framed: tuple[dict[str, Any], Any] = ({}, None)

    def protocol_connected(self, protocol: Any) -> None:
        super().protocol_connected(protocol)
        if isinstance(protocol, WebSocketProtocol):
            self._valves[protocol] = Valve()
            protocol.transport.unregisterProducer()  # the HTTP channel that the socket was before
            protocol.transport.registerProducer(self._valves[protocol], True)

    def protocol_disconnected(self, protocol: Any) -> None:
        super().protocol_disconnected(protocol)
        valve = self._valves.pop(protocol, None)
        if valve is not None:
            valve.stopProducing()

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        valve = self._valves.get(protocol)
        if valve is not None and message["type"] == "websocket.close" and message.get("code") in STANDARD_CODES:
            protocol.sendCloseFrame(code=message["code"])  # autobahn's own door takes 1000 and from 3000 on only
            return
        if valve is None or message["type"] != "websocket.send" or not message.get("text"):
            await super().handle_reply(protocol, message)
            return
        if protocol.state == WebSocketProtocol.STATE_OPEN:
            protocol.sendPreparedMessage(self._frame(message))
        if valve.is_shut:
            await valve.passed()

    def _frame(self, message: dict[str, Any]) -> Any:
        if self._framed[0] is not message:
            payload = message["text"].encode()
            self._framed = message, self.ws_factory.prepareMessage(payload, isBinary=False, doNotCompress=True)
        return self._framed[1]
