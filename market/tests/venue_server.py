"""A local HTTP server that plays any venue: a body for each path, faults before it, and what was asked."""

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from config.tests.recordings import EXCHANGES
from market.tests.bybit_server import BybitServer, Fault, _Handler, serving

SERVER_TIME = 1_700_000_000_000

Query = dict[str, str]


class VenueServer(BybitServer):
    """`answers` by path: a body, or what makes one of the query. `faults` by path come first, one a request."""

    def __init__(self) -> None:
        super().__init__()
        self.RequestHandlerClass = _VenueHandler
        self.answers: dict[str, Any] = {}
        self.queued: dict[str, list[Fault]] = defaultdict(list)
        self.requests: list[tuple[str, Query]] = []

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    @property
    def queries(self) -> list[Query]:
        return [query for _, query in self.requests]


class _VenueHandler(_Handler):
    server: VenueServer  # type: ignore[assignment]

    def answer(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        self.server.requests.append((parts.path, query))
        if self.server.queued[parts.path]:
            self.server.queued[parts.path].pop(0)(self)
            return
        told: Any = self.server.answers.get(parts.path)
        body = told(query) if callable(told) else told
        self.say(json.dumps(body), 404 if body is None else 200)


@contextlib.contextmanager
def playing() -> Iterator[VenueServer]:
    with serving(VenueServer) as server:
        yield server


def bybit_body(rows: list[Any], *, category: str, time: int = SERVER_TIME, **result: Any) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": {"category": category, "list": rows, **result}, "time": time}


def recorded(name: str) -> Any:
    return json.loads((EXCHANGES / name).read_text())
