"""daphne, with the things that it lacks: who sends waits while the peer does not read, a frame is made once,
no body is kept that is larger than anybody takes (capped_requests.py), and no more is read of a socket than is taken
(held_sockets.py).

daphne hands every message to the transport, whose buffer grows without end while a client reads nothing. Here the
transport says when its buffer is full, and `send` of that socket returns once it has emptied. What goes out to many
sockets is one ASGI message, the same object for each: its frame is kept until the next. Twisted asks the system when a
socket can be written to and only then writes, which costs more than all the rest: here what a turn of the loop has for
a socket is written at its end, at one stroke, and Twisted is left with what the system does not take.
"""

import asyncio
from typing import Any

from daphne import server
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol

from config.capped_requests import CappedFactory
from config.held_sockets import HeldFactory, HeldSocket

server.HTTPFactory, server.WebSocketFactory = CappedFactory, HeldFactory  # a server makes its factories by these names

STANDARD_CODES = range(1001, 1016)
# More than this is not kept until the end of a turn: the peer may not be reading.
MOST_TOGETHER = 32


class Valve:
    """Shut while a transport's buffer is full: what Twisted calls a push producer, and calls by these names."""

    def __init__(self, socket: HeldSocket) -> None:
        self._socket = socket
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
        self._socket.answer_ping()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()


class PatientServer(Server):
    """A daphne server whose sockets have back-pressure, and for which a thousand readers are one frame."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._valves: dict[WebSocketProtocol, Valve] = {}
        self._framed: tuple[dict[str, Any], bytes] = ({}, b"")
        self._unsent: dict[WebSocketProtocol, list[bytes]] = {}
        self._sends_soon = False

    def protocol_connected(self, protocol: Any) -> None:
        super().protocol_connected(protocol)
        if isinstance(protocol, HeldSocket):
            self._valves[protocol] = Valve(protocol)
            protocol.transport.unregisterProducer()  # the HTTP channel that the socket was before
            protocol.transport.registerProducer(self._valves[protocol], True)

    def protocol_disconnected(self, protocol: Any) -> None:
        super().protocol_disconnected(protocol)
        valve = self._valves.pop(protocol, None)
        self._unsent.pop(protocol, None)
        if valve is not None:
            valve.stopProducing()

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        valve = self._valves.get(protocol)
        if valve is not None and message["type"] == "websocket.send" and message.get("text"):
            if protocol.state == WebSocketProtocol.STATE_OPEN:
                self._send_soon(protocol, self._frame(message))
            if valve.is_shut:
                await valve.passed()
            return
        self._send(protocol)  # whatever it is, it comes after what was said before
        if valve is not None and message["type"] == "websocket.close" and message.get("code") in STANDARD_CODES:
            protocol.sendCloseFrame(code=message["code"])  # autobahn's own door takes 1000 and from 3000 on only
            return
        await super().handle_reply(protocol, message)

    def _send_soon(self, protocol: WebSocketProtocol, frame: bytes) -> None:
        if not self._sends_soon:
            self._sends_soon = True
            asyncio.get_running_loop().call_soon(self._send_all)
        frames = self._unsent.setdefault(protocol, [])
        frames.append(frame)
        if len(frames) >= MOST_TOGETHER:
            self._send(protocol)

    def _send_all(self) -> None:
        self._sends_soon = False
        for protocol in list(self._unsent):
            self._send(protocol)

    def _send(self, protocol: Any) -> None:
        """Write what is unsent on a socket; what the system does not take now is the transport's to write."""
        frames = self._unsent.pop(protocol, None)
        if frames is None or protocol.state != WebSocketProtocol.STATE_OPEN:
            return
        data, transport = b"".join(frames), protocol.transport
        is_free = transport.connected and not (transport.dataBuffer or transport._tempDataBuffer)
        written = transport.writeSomeData(data) if is_free else 0
        # A peer that is gone is no number: the transport finds out by itself.
        rest = data[written:] if isinstance(written, int) else data
        if rest:
            transport.write(rest)

    def _frame(self, message: dict[str, Any]) -> bytes:
        if self._framed[0] is not message:
            payload = message["text"].encode()
            prepared = self.ws_factory.prepareMessage(payload, isBinary=False, doNotCompress=True)
            self._framed = message, prepared.payloadHybi
        return self._framed[1]
