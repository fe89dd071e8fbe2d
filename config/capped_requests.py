"""Requests of daphne's whose body is refused before it is kept: daphne writes all of it to disk before anybody looks.

A length that is announced is refused at once, a chunked body where it grows past the limit. The answer goes out while
the client still sends; what comes after it is dropped unread for a moment, since a line that is cut at once may lose
the answer. Forms are left as they are: Twisted would read them itself, and answer a bad one with a bare 400.
"""

import json
import uuid
from io import BytesIO
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from twisted.internet import reactor

from core.api.exceptions import error_body

LINGER_SECONDS = 2


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
        line.write(_refusal())
        line.loseWriteConnection()
        self._cut = reactor.callLater(LINGER_SECONDS, line.abortConnection)  # type: ignore[arg-type]


class CappedFactory(HTTPFactory):
    """Makes capped requests of every connection."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = CappedRequest
        return protocol


def _refusal() -> bytes:
    limit, request_id = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, uuid.uuid4().hex
    told = error_body("TOO_LARGE", f"A body is at most {limit} bytes.")
    body = json.dumps({**told, "request_id": request_id}).encode()
    head = (
        "HTTP/1.1 413 Request Entity Too Large\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"X-Request-ID: {request_id}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
