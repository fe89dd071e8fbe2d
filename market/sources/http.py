"""Asking a server on the network for JSON: one request, a limit on its time and its size, one kind of failure."""

import json
import os
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from market.sources.base import SourceBusy, SourceDown, SourceRefused

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
DEADLINE_SECONDS = 6.0
# Of lists and candles, which nobody waits for: megabytes on a slow line.
PATIENT_READ_SECONDS = 10.0
PATIENT_DEADLINE_SECONDS = 30.0
MOST_BYTES = 8 * 1024 * 1024
BUSY_SECONDS = 10.0
# Bybit shuts an address out for ten minutes by 403; other venues do alike.
SHUT_OUT_SECONDS = 600.0

_PIECE = 64 * 1024


class JsonClient:
    """Keeps connections to a server and asks it, one request at a time: none is tried twice, no redirect followed."""

    def __init__(
        self,
        *,
        read_seconds: float = READ_SECONDS,
        deadline_seconds: float = DEADLINE_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._read_seconds = read_seconds
        self._deadline_seconds = deadline_seconds
        self._most_bytes = most_bytes
        self._session = requests.Session()
        # Neither a proxy nor a .netrc of the machine: requests go where EXCHANGE_URLS says, and nowhere else.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "trading-desk"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter(max_retries=0))

    def get(self, url: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Return the JSON object that a server answers with 200. Raises SourceDown, SourceBusy, SourceRefused."""
        told = self.get_json(url, params)
        if not isinstance(told, dict):
            raise SourceDown("the answer is not a JSON object")
        return told

    def get_json(self, url: str, params: Mapping[str, str], *, headers: Mapping[str, str] | None = None) -> Any:
        """Return whatever JSON a server answers with 200. Raises SourceDown, SourceBusy, SourceRefused.

        `headers` may hold a key: they are in no error and in no log.
        """
        with _Deadline(self._deadline_seconds) as deadline:
            try:
                body = self._body(url, params, headers or {})
            except (requests.RequestException, HTTPError) as error:
                reason = "took too long" if deadline.passed else f"could not be read ({type(error).__name__})"
                raise SourceDown(f"the answer {reason}") from error
            if deadline.passed:
                raise SourceDown("the answer took too long")
        return _read(body)

    def _body(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        timeout = (CONNECT_SECONDS, self._read_seconds)
        with self._session.get(
            url, params=params, headers=headers, timeout=timeout, allow_redirects=False, stream=True
        ) as response:
            _check_status(response)
            body = bytearray()
            for piece in response.iter_content(_PIECE):
                body += piece
                if len(body) > self._most_bytes:
                    raise SourceDown(f"the answer has more than {self._most_bytes} bytes")
        return bytes(body)


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status in (403, 451):  # 451 is Binance's for countries that it does not serve
        raise SourceBusy(f"HTTP status {status}: this address is shut out", wait_seconds=SHUT_OUT_SECONDS)
    if status in (418, 429):  # 418 is Binance's for who went on after a 429
        raise SourceBusy(f"HTTP status {status}: too many requests", wait_seconds=_retry_after(response))
    if 400 <= status < 500:
        raise SourceRefused(f"HTTP status {status}", http_status=status)
    if status != 200:
        raise SourceDown(f"HTTP status {status}")


def _retry_after(response: requests.Response) -> float:
    said = response.headers.get("Retry-After", "")
    seconds = float(said) if said.isascii() and said.isdigit() and len(said) < 6 else BUSY_SECONDS
    return min(max(seconds, 1.0), SHUT_OUT_SECONDS)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise SourceDown("the answer is not JSON") from error


class _Deadline:
    """The time that one request may take as a whole: past it, the connection is cut under whoever reads from it.

    A timeout of `requests` is for one read; a server that drips a byte at a time never reaches it. Looking up the
    server's name is not cut: the system's resolver has limits of its own.
    """

    current = threading.local()

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _Deadline.current.deadline = self
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()
        _Deadline.current.deadline = None
        with self._lock:
            self._let_go()  # the connection may carry the next request: a late timer finds nothing to cut

    def watch(self, connection: socket.socket) -> None:
        """Keep a handle of our own on the connection that carries the request: TLS takes the first one over."""
        with self._lock:
            self._let_go()
            self._handle = socket.socket(fileno=os.dup(connection.fileno()))
            if self.passed:
                self._shut()

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        if self._handle is not None:
            with suppress(OSError):  # the other side was first
                self._handle.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class _Watched:
    """A connection that names itself to the deadline of the request that it carries."""

    sock: socket.socket | None

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        _watch(made)
        return made

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _watch(self.sock)
        super().request(*args, **kwargs)  # type: ignore[misc]


def _watch(connection: socket.socket) -> None:
    deadline: _Deadline | None = getattr(_Deadline.current, "deadline", None)
    if deadline is not None:
        deadline.watch(connection)


class _WatchedHTTP(_Watched, HTTPConnection):
    """Without TLS."""


class _WatchedHTTPS(_Watched, HTTPSConnection):
    """With TLS."""


class _PoolHTTP(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _PoolHTTPS(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


class _Adapter(HTTPAdapter):
    """Carries requests on watched connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PoolHTTP, "https": _PoolHTTPS}
