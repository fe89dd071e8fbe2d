"""Many sockets in one cheap process: connects them, says "ready", tells when which message arrived at each.

A client library would spend more on a frame than the server does, and its time would be measured. Frames of a server
are unmasked and these are small, so a number is looked for in the bytes as they come. Only for the bench.
"""

import asyncio
import base64
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER = re.compile(rb'"number":(\d+)')
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """So many sockets that say something when they are let in, and are ready once they hear `ready`.

    Those that hear no numbers are only there.
    """

    path: str
    count: int
    say: str = ""
    ready: str = "HTTP/1.1 101"
    hears_numbers: bool = True


class Client(asyncio.Protocol):
    """One socket: shakes hands, says what it was told to say, notes when each number came."""

    def __init__(self, kind: Kind, host: str) -> None:
        self._path, self._host = kind.path, host
        self._say, self._ready = kind.say.encode(), kind.ready.encode()
        self._tail = b""
        self.arrived: dict[int, float] = {}
        self.is_ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self.is_ready.done():
            self._greet(data)
        text = self._tail + data
        end = 0
        for found in NUMBER.finditer(text):
            if found.end() < len(text):
                self.arrived.setdefault(int(found[1]), now)
                end = found.end()
        self._tail = text[end:][-32:]

    def _greet(self, data: bytes) -> None:
        if b"\r\n\r\n" in data and self._say:
            mask = os.urandom(4)
            masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self._say))
            self._transport.write(bytes([0x81, 0x80 | len(masked)]) + mask + masked)  # shorter than 126 bytes
        if self._ready in data:
            self.is_ready.set_result(None)


async def watch(base: str, kinds: Sequence[Kind], *, last: int) -> list[list[dict[int, float]]]:
    """Connect all sockets; once each has the message numbered `last`, return by kind when each number came to each."""
    clients = [await _connected(base.removeprefix("ws://"), kind) for kind in kinds]
    print("ready", flush=True)
    waiting = [client for kind, made in zip(kinds, clients, strict=True) if kind.hears_numbers for client in made]
    while not all(last in client.arrived for client in waiting):
        await asyncio.sleep(0.1)
    return [[client.arrived for client in made] for made in clients]


async def _connected(host: str, kind: Kind) -> list[Client]:
    name, _, port = host.partition(":")
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for start in range(0, kind.count, AT_ONCE):
        made = [Client(kind, host) for _ in range(min(AT_ONCE, kind.count - start))]
        await asyncio.gather(*(loop.create_connection(lambda c=c: c, name, int(port)) for c in made))  # type: ignore[misc]
        await asyncio.gather(*(client.is_ready for client in made))
        clients += made
    return clients


if __name__ == "__main__":
    wanted = [Kind(**kind) for kind in json.loads(sys.argv[2])]
    print(json.dumps(asyncio.run(watch(sys.argv[1], wanted, last=int(sys.argv[3])))))
