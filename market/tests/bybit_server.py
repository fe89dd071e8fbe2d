"""A local HTTP server that plays Bybit's tickers, good or with a fault."""

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

DRIP_SECONDS = 8.0
ELSEWHERE = "/elsewhere"
HUGE = 9 * 1024 * 1024


def ticker(symbol: str, bid: str = "50000.1", ask: str = "50000.2", last: str = "50000.1") -> dict[str, str]:
    return {"symbol": symbol, "bid1Price": bid, "ask1Price": ask, "lastPrice": last, "fundingRate": "0.0001"}


class BybitServer(ThreadingHTTPServer):
    """What it answers is set by tests; what it was asked is remembered."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.fault: Fault | None = None
        self.faults: dict[str, Fault] = {}
        self.ahead_seconds = 0.0
        self.frozen_at: float | None = None
        self.asked: list[dict[str, list[str]]] = []
        self.ended = threading.Event()
        self.waited_out = False
        self.tickers = {
            "spot": [ticker("BTCUSDT")],
            "linear": [
                ticker("BTCUSDT"),
                ticker("ETHUSDT", "2500", "2500.1", "2500"),
                ticker("SOLUSDT"),
                ticker("DOGEUSDT"),
            ],
            "inverse": [ticker("BTCUSD")],
        }

    def envelope(self, category: str, **changes: Any) -> dict[str, Any]:
        now = self.frozen_at if self.frozen_at is not None else time.time()
        result = {"category": category, "list": self.tickers[category]}
        whole = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}}
        return {**whole, "time": round((now + self.ahead_seconds) * 1000), **changes}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client hung up: that is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: BybitServer

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.server.asked.append(query)
        fault = self.server.faults.get(query.get("category", [""])[0], self.server.fault)
        if fault is not None and not self.path.startswith(ELSEWHERE):
            fault(self)
            return
        self.say(json.dumps(self.server.envelope(query["category"][0])))

    def say(self, body: str | bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def connection_lost(self) -> bool:
        """Wait until the client hangs up, and say whether it did."""
        return bool(select.select([self.connection], [], [], DRIP_SECONDS)[0])

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


Fault = Callable[[_Handler], None]
Served = TypeVar("Served", bound=BybitServer)


def says(body: str | bytes, status: int = 200, **headers: str) -> Fault:
    return lambda handler: handler.say(body, status, **headers)


def envelope(**changes: Any) -> Fault:
    """A good answer but for these parts of it."""
    return lambda handler: handler.say(json.dumps(handler.server.envelope("linear", **changes)))


def cut_line(handler: _Handler) -> None:
    handler.say(b'{"retCode": 0, "result"', length=5000)
    handler.close_connection = True


def too_short_a_length(handler: _Handler) -> None:
    handler.say(json.dumps(handler.server.envelope("linear")), length=20)
    handler.close_connection = True


def hang_up(handler: _Handler) -> None:
    handler.close_connection = True


def huge(handler: _Handler) -> None:
    handler.say(json.dumps(handler.server.envelope("linear", retMsg="x" * HUGE)))


def redirect(handler: _Handler) -> None:
    """To an address with a good answer."""
    handler.say("", 302, Location=f"{handler.server.url}{ELSEWHERE}?category=linear")


def drip_body(handler: _Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    _drip(handler, b" ")


def drip_headers(handler: _Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(handler, b"x")


def silence(handler: _Handler) -> None:
    handler.server.waited_out = not handler.connection_lost()
    handler.close_connection = True


def _drip(handler: _Handler, byte: bytes) -> None:
    until = time.monotonic() + DRIP_SECONDS
    while time.monotonic() < until and not handler.server.ended.wait(0.05):
        handler.wfile.write(byte)  # raises once the client has hung up
    handler.server.waited_out = True
    handler.close_connection = True


HANGING = (drip_body, drip_headers, silence)


@contextlib.contextmanager
def serving(made: type[Served] = BybitServer) -> Iterator[Served]:
    with made() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def dripping_handshake() -> Iterator[str]:
    """An address whose server begins a TLS record of 16 kB and sends a byte of it now and then."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_drip_record, args=(server,), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
    thread.join(DRIP_SECONDS)


def _drip_record(server: socket.socket) -> None:
    client, _ = server.accept()
    with client, contextlib.suppress(OSError):
        client.sendall(b"\x16\x03\x03\x3f\xff\x02")
        while True:
            time.sleep(0.05)
            client.sendall(b"x")
