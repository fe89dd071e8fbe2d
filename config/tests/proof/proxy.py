"""A line to a server that can be cut: what goes through it is refused, or swallowed, as long as the test says."""

import contextlib
import socket
import threading

from config.tests.processes import free_port

BLOCK = 65536


class Line:
    """Forwards connections to a server until it is `cut`; `mend` lets them through again."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._pairs: list[socket.socket] = []
        self._door: socket.socket | None = None
        self.port = free_port()  # nobody else takes it while the line is cut
        self.mend()

    def hang(self) -> None:
        """Break the connections there are; take new ones, and say nothing."""
        self.cut()
        self._door = socket.create_server(("127.0.0.1", self.port))

    def mend(self) -> None:
        """Listen again, on the same port."""
        self.cut()
        self._door = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._door,), daemon=True).start()

    def cut(self) -> None:
        """Refuse new connections and break those there are."""
        if self._door is not None:
            self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
        for end in self._pairs:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._door, self._pairs = None, []

    def _serve(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            self._pairs += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(BLOCK):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
