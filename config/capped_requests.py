"""Requests of daphne's whose body is refused before it is kept: daphne writes all of it to disk before anybody looks.

A length that is announced is refused at once, a chunked body where it grows past the limit. The answer goes out while
the client still sends; what comes after it is dropped unread for a moment, since a line that is cut at once may lose
the answer. Forms are left as they are: Twisted would read them itself, and answer a bad one with a bare 400.
"""

from collections.abc import Callable
from contextvars import copy_context
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from twisted.internet import reactor

from core.api.exceptions import refuse
from core.errors import TooLarge
from core.middleware import RequestLogMiddleware
from core.policies import BrowserManners, ContentPolicyMiddleware

LINGER_SECONDS = 2
# The outermost first, as in the settings.
_AROUND: tuple[Any, ...] = (
    *(RequestLogMiddleware, SecurityMiddleware, XFrameOptionsMiddleware),
    *(ContentPolicyMiddleware, BrowserManners),
)


class CappedRequest(WebRequest):
    """One request, which never holds more than DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "parsePOSTFormSubmission": False})
        self._is_refused = False
        self._cut: Any = None

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name, as are the next two
        if length is not None and length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self.content = BytesIO()
            self.requestHeaders.removeHeader(b"expect")  # nobody is to go on
            self._refuse()
        else:
            super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self._is_refused:
            return
        if self.content.tell() + len(data) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def process(self) -> Any:
        if not self._is_refused:
            return super().process()
        self.channel.transport.loseConnection()  # all of it has come: nothing is lost
        return None

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        if self._cut is not None and self._cut.active():
            self._cut.cancel()
        super().connectionLost(reason)

    def _refuse(self) -> None:
        self._is_refused = True
        self.content.seek(0)
        self.content.truncate()
        line = self.channel.transport
        line.write(_bytes_of(_answer_of(_request_of(self))))
        line.loseWriteConnection()
        self._cut = reactor.callLater(LINGER_SECONDS, line.abortConnection)  # type: ignore[arg-type]


class CappedFactory(HTTPFactory):
    """Makes capped requests of every connection."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = CappedRequest
        return protocol


def _refuse_too_large(request: HttpRequest) -> HttpResponse:
    return refuse(request, TooLarge(f"A body is at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes."))


def _answer_of(request: HttpRequest) -> HttpResponse:
    """Answer as an ordinary refusal is: with its id, its line in the log and its headers, in the form asked for."""
    answer: Callable[[HttpRequest], HttpResponse] = _refuse_too_large
    for middleware in reversed(_AROUND):
        answer = middleware(answer)
    return copy_context().run(answer, request)  # the next request of this thread is another


def _request_of(twisted: WebRequest) -> HttpRequest:
    """Return what is known of a request whose headers have come: only its channel knows its method and path yet."""
    channel, request = twisted.channel, HttpRequest()
    address, _, query = channel._path.decode("latin-1").partition("?")
    request.method = channel._command.decode("latin-1")
    request.path = request.path_info = unquote(address)
    request.META = {"REMOTE_ADDR": getattr(channel.getPeer(), "host", ""), "QUERY_STRING": query}
    for name, values in twisted.requestHeaders.getAllRawHeaders():
        spelt = name.decode("latin-1").upper().replace("-", "_")
        request.META[f"HTTP_{spelt}"] = b",".join(values).decode("latin-1")
    request.GET = QueryDict(query)
    return request


def _bytes_of(response: HttpResponse) -> bytes:
    headers = {**response.headers, "Content-Length": str(len(response.content)), "Connection": "close"}
    lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.content
