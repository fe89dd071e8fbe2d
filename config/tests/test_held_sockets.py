"""Nothing more is read of a socket whose messages nobody takes; the pings of one that does not read wait."""

import asyncio
from types import SimpleNamespace

import pytest

from config.held_sockets import LOOK_SECONDS, MOST_UNTAKEN, MOST_UNTAKEN_BYTES, HeldSocket
from config.patient_server import Valve

TOO_MUCH = [(b"x", MOST_UNTAKEN), (b"x" * (MOST_UNTAKEN_BYTES // 2), 2)]


class Line:
    """A transport that says whether it is read; `producerPaused` is Twisted's word for a peer that does not read."""

    is_read = True
    producerPaused = False  # noqa: N815 - Twisted's names, as are the next

    def pauseProducing(self):  # noqa: N802
        self.is_read = False

    def resumeProducing(self):  # noqa: N802
        self.is_read = True


class Socket(HeldSocket):
    """Notes what pongs it sends."""

    def sendPong(self, payload=None):  # noqa: N802
        self.pongs.append(payload)


@pytest.fixture
def socket():
    """An open socket, of which nobody has taken anything yet."""
    held = Socket()
    held.state, held.transport, held.pongs = HeldSocket.STATE_OPEN, Line(), []
    held.client_addr, held.application_queue = None, asyncio.Queue()
    return held


def send(socket, message, times):
    for _ in range(times):
        socket.onMessage(message, isBinary=False)


def take_all(socket):
    while not socket.application_queue.empty():
        socket.application_queue.get_nowait()


def is_read_after(socket, *steps):
    """Say whether the line is read a moment after `steps` were taken, one after the other."""

    async def a_moment_later():
        for step in steps:
            step()
        await asyncio.sleep(3 * LOOK_SECONDS)

    asyncio.run(a_moment_later())
    return socket.transport.is_read


def test_a_line_is_read_while_its_messages_are_few(socket):
    assert is_read_after(socket, lambda: send(socket, b"x", MOST_UNTAKEN - 1))


@pytest.mark.parametrize(("message", "times"), TOO_MUCH)
def test_a_line_of_which_too_much_waits_is_left_unread(socket, message, times):
    assert not is_read_after(socket, lambda: send(socket, message, times))


@pytest.mark.parametrize(("message", "times"), TOO_MUCH)
def test_it_is_read_again_once_that_is_taken(socket, message, times):
    assert is_read_after(socket, lambda: send(socket, message, times), lambda: take_all(socket))


def test_what_was_taken_counts_no_more(socket):
    half = b"x" * (MOST_UNTAKEN_BYTES // 2)
    one_and_one = [lambda: send(socket, half, 1), lambda: take_all(socket)] * 3
    assert is_read_after(socket, *one_and_one, lambda: send(socket, half, 1))


def test_a_line_that_is_gone_is_looked_at_no_more(socket):
    def go():
        socket.state = HeldSocket.STATE_CLOSED

    assert not is_read_after(socket, lambda: send(socket, b"x", MOST_UNTAKEN), lambda: take_all(socket), go)


def test_what_nobody_took_goes_with_the_peer(socket):
    socket.server = SimpleNamespace(protocol_disconnected=lambda _: None, log_action=lambda *_: None)
    socket.request = SimpleNamespace(path="/ws/")
    socket.application_queue.put_nowait({"type": "websocket.connect"})
    send(socket, b"x", 3)
    socket.onClose(True, 1000, None)
    left = [socket.application_queue.get_nowait()["type"] for _ in range(socket.application_queue.qsize())]
    assert left == ["websocket.connect", "websocket.disconnect"]


def test_a_ping_is_answered_at_once(socket):
    socket.onPing(b"1")
    assert socket.pongs == [b"1"]


def test_the_newest_ping_of_a_peer_that_does_not_read_is_answered_once_it_reads(socket):
    valve, socket.transport.producerPaused = Valve(socket), True
    valve.pauseProducing()
    socket.onPing(b"1")
    socket.onPing(b"2")
    assert socket.pongs == []
    valve.resumeProducing()
    valve.resumeProducing()
    assert socket.pongs == [b"2"]
