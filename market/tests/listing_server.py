"""A local HTTP server that plays CoinGecko and CoinMarketCap: it answers by path what a test put there."""

import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

MARKETS = "/coins/markets"
CMC_V3 = "/v3/cryptocurrency/listings/latest"
CMC_V1 = "/v1/cryptocurrency/listings/latest"


@dataclass
class Says:
    """An answer: JSON of any value, or bytes as they are."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


class ListingServer(ThreadingHTTPServer):
    """The last answer of a path stays; before it each is given once. A path without one is a 404."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.answers: dict[str, list[Says]] = defaultdict(lambda: [Says({}, 404)])
        self.asked: list[Asked] = []

    def put(self, path: str, *answers: Says) -> None:
        self.answers[path] = list(answers)

    def paths(self) -> list[str]:
        return [each.path for each in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ListingServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append(Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers)))
        waiting = self.server.answers[parts.path]
        said = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        self.send_response(said.status)
        self.send_header("Content-Length", str(len(said.raw())))
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.raw())

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


def gecko(coin_id: str = "bitcoin", symbol: str = "btc", rank: int | None = 1, **figures: Any) -> dict[str, Any]:
    """A row of CoinGecko's /coins/markets."""
    return {
        "id": coin_id,
        "symbol": symbol,
        "name": coin_id.capitalize(),
        "image": f"https://images.example/{coin_id}.png",
        "current_price": 66317,
        "market_cap": 1240713077017,
        "market_cap_rank": rank,
        "fully_diluted_valuation": None,
        "total_volume": 79537777257.5,
        "price_change_percentage_24h": 6.85817,
        "price_change_percentage_24h_in_currency": 6.858171,
        "ath": 67277,
        "ath_date": "2021-10-20T14:54:17.702Z",
        "atl": 67.81,
        "atl_date": "2013-07-06T00:00:00.000Z",
        "last_updated": "2021-11-08T15:48:00.987Z",
        **figures,
    }


def usd(**figures: Any) -> dict[str, Any]:
    return {"price": 66320.25, "volume_24h": 5, "percent_change_24h": 1.5, "market_cap": 7, **figures}


def cmc(
    number: int = 1, symbol: str = "BTC", slug: str = "bitcoin", rank: int | None = 1, **row: Any
) -> dict[str, Any]:
    """A row of CoinMarketCap's listing, `quote` as in v1."""
    named = {"id": number, "name": slug.capitalize(), "symbol": symbol, "slug": slug, "cmc_rank": rank}
    return {**named, "quote": {"USD": usd()}, **row}


def cmc_says(*rows: Any, code: Any = 0, **status: Any) -> Says:
    return Says({"status": {"error_code": code, **status}, "data": list(rows)})


@contextlib.contextmanager
def serving_listings() -> Iterator[ListingServer]:
    with ListingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
