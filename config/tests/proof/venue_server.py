"""A venue on a socket of its own: fills market orders, keeps all it was ever sent, and misbehaves for some of them.

How it treats an order is decided by the order's client id, so that a run can be told again:
filled at once · slowly · left working · recorded, then the line is cut · recorded, then a 502 · refused · lost.
Run as `python -m config.tests.proof.venue_server port file`. Every request is a line of the file before it is answered.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SLOW_SECONDS = 0.3
TREATMENTS = ("fill", "fill", "fill", "fill", "slow", "work", "cut", "bad_gateway", "refuse", "lost")


def treatment_of(client_order_id: str) -> str:
    """Return how the venue treats an order; `slow` records it only after a while, `lost` never does."""
    return TREATMENTS[int(client_order_id[:8], 16) % len(TREATMENTS)]


class Venue(ThreadingHTTPServer):
    """Remembers orders by client id, and writes down every request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, file: Path) -> None:
        super().__init__(("127.0.0.1", port), Door)
        self.orders: dict[str, dict] = {}
        self._lines = file.open("a")
        self._guard = threading.Lock()

    def note(self, what: str, order: dict) -> None:
        with self._guard:
            self._lines.write(json.dumps({"what": what, **order}) + "\n")
            self._lines.flush()
            if what in ("placed", "refused"):
                self.orders[order["client_order_id"]] = {**order, "what": what}


class Door(BaseHTTPRequestHandler):
    """POST /orders places one order, GET /orders/id tells of it."""

    protocol_version = "HTTP/1.1"
    server: Venue

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        treatment = treatment_of(order["client_order_id"])
        self.server.note("sent", order)
        if treatment == "slow":
            time.sleep(SLOW_SECONDS)
        if treatment != "lost":
            self.server.note("refused" if treatment == "refuse" else "placed", order)
        if treatment in ("cut", "lost"):
            self.close_connection = True
            return
        self._tell(order["client_order_id"], broken=treatment == "bad_gateway")

    def do_GET(self) -> None:
        client_order_id = self.path.rpartition("/")[2]
        self.server.note("asked", {"client_order_id": client_order_id})
        self._tell(client_order_id)

    def _tell(self, client_order_id: str, *, broken: bool = False) -> None:
        order = self.server.orders.get(client_order_id)
        if order is None:
            self.server.note("missed", {"client_order_id": client_order_id})
            self._answer(404, {})
        elif order["what"] == "refused":
            self._answer(400, {"code": "-2010"})
        else:
            status = "pending" if treatment_of(client_order_id) == "work" else "filled"
            self._answer(502 if broken else 200, {**order, "status": status})

    def _answer(self, status: int, body: dict) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """The file is the log."""


if __name__ == "__main__":
    Venue(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
