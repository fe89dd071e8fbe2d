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

NUMBER = re.compile(rb'"number":(\d+)')
AT_ONCE = 50


class Client(asyncio.Protocol):
    """One socket: shakes hands, says what it was told to say, notes when each number came."""

    def __init__(self, path: str, host: str, say: str) -> None:
        self._path, self._host, self._say = path, host, say.encode()
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
        if b"subscribed" in data or not self._say:
            self.is_ready.set_result(None)


async def watch(url: str, *, say: str, count: int, last: int) -> list[dict[int, float]]:
    """Connect `count` sockets; once each has the message numbered `last`, return when each number came to each."""
    host, _, path = url.removeprefix("ws://").partition("/")
    name, _, port = host.partition(":")
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for start in range(0, count, AT_ONCE):
        made = [Client(f"/{path}", host, say) for _ in range(min(AT_ONCE, count - start))]
        await asyncio.gather(*(loop.create_connection(lambda c=c: c, name, int(port)) for c in made))  # type: ignore[misc]
        await asyncio.gather(*(client.is_ready for client in made))
        clients += made
    print("ready", flush=True)
    while not all(last in client.arrived for client in clients):
        await asyncio.sleep(0.1)
    return [client.arrived for client in clients]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(sys.argv[1], say=sys.argv[2], count=int(sys.argv[3]), last=int(sys.argv[4])))))
