"""The server of sockets writes what a turn of the loop has for a socket at one stroke, and keeps the order."""

import asyncio

import pytest
from daphne.ws_protocol import WebSocketFactory

from config.held_sockets import HeldSocket
from config.patient_server import MOST_TOGETHER, PatientServer, Valve


class Transport:
    """Takes `room` bytes at once; the rest waits, as Twisted keeps it."""

    connected = True
    dataBuffer = b""  # noqa: N815 - Twisted's name

    def __init__(self, room=1_000_000):
        self.room = room
        self.written = []
        self._tempDataBuffer = []

    def writeSomeData(self, data):  # noqa: N802
        taken = data[: self.room]
        self.room -= len(taken)
        self.written.append(taken)
        return len(taken)

    def write(self, data):
        self._tempDataBuffer.append(data)


class Socket(HeldSocket):
    """Notes when it is closed among what is written."""

    def sendCloseFrame(self, code):  # noqa: N802
        self.transport.written.append(code)


@pytest.fixture
def server():
    made = PatientServer(application=None, endpoints=["tcp:port=0"])
    made.ws_factory = WebSocketFactory(made)
    return made


@pytest.fixture
def socket(server):
    """An open socket of the server."""
    protocol = Socket()
    protocol.state, protocol.transport = HeldSocket.STATE_OPEN, Transport()
    server._valves[protocol] = Valve(protocol)
    return protocol


def frame(text):
    return bytes([0x81, len(text)]) + text.encode()


def say(server, socket, *texts, close=None):
    """Send texts in one turn of the loop, and let it end."""

    async def turn():
        for text in texts:
            await server.handle_reply(socket, {"type": "websocket.send", "text": text})
        if close:
            await server.handle_reply(socket, {"type": "websocket.close", "code": close})
        await asyncio.sleep(0)

    asyncio.run(turn())


def test_what_a_turn_has_is_written_at_one_stroke(server, socket):
    say(server, socket, "a", "b", "c")
    assert socket.transport.written == [frame("a") + frame("b") + frame("c")]


def test_each_turn_writes_anew(server, socket):
    say(server, socket, "a")
    say(server, socket, "b")
    assert socket.transport.written == [frame("a"), frame("b")]


def test_what_the_system_does_not_take_waits_and_all_after_it(server, socket):
    socket.transport.room = 4
    say(server, socket, "a", "b")
    say(server, socket, "c")
    assert socket.transport.written == [frame("a") + frame("b")[:1]]
    assert b"".join(socket.transport._tempDataBuffer) == frame("b")[1:] + frame("c")


def test_a_close_comes_after_what_was_said(server, socket):
    say(server, socket, "a", close=1013)
    assert socket.transport.written == [frame("a"), 1013]


def test_many_are_not_kept_until_the_end_of_the_turn(server, socket):
    async def turn():
        for _ in range(MOST_TOGETHER):
            await server.handle_reply(socket, {"type": "websocket.send", "text": "a"})
        return list(socket.transport.written)

    assert asyncio.run(turn()) == [frame("a") * MOST_TOGETHER]


def test_a_socket_that_is_gone_holds_up_no_other(server, socket):
    gone = HeldSocket()
    gone.state, gone.transport = HeldSocket.STATE_OPEN, Transport()
    server._valves[gone] = Valve(gone)

    async def turn():
        for one in (gone, socket):
            await server.handle_reply(one, {"type": "websocket.send", "text": "a"})
        gone.state = HeldSocket.STATE_CLOSED
        await asyncio.sleep(0)

    asyncio.run(turn())
    assert (gone.transport.written, socket.transport.written) == ([], [frame("a")])
