"""Every request gets an id, the time at which it came, and a line in the log.

A trailing slash never matters to a program.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from core.addresses import client_address
from core.redaction import redact_path

logger = structlog.stdlib.get_logger(__name__)

_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
LONGEST_PATH = 500

# Pages of Django's own keep their slashes: the admin redirects to them.
_PAGES_WITH_SLASH = ("/admin/", "/static/")

Answer = Callable[[HttpRequest], HttpResponse]


def current_request_id() -> str:
    """Return the id of the request this code runs for, "-" outside one."""
    return str(get_contextvars().get("request_id", "-"))


def arrival_of(request: HttpRequest) -> datetime:
    """Return when a request began: the moment at which it reached the outermost middleware, aware, in UTC."""
    arrived_at: datetime = request.arrived_at  # type: ignore[attr-defined]
    return arrived_at


def who_asks(user_id: object) -> None:
    """Have every further line of this request name the user."""
    bind_contextvars(user_id=str(user_id))


class RequestLogMiddleware:
    """Takes the client's own X-Request-ID where it is sane, else makes one; sends it back. Stamps the arrival.

    What the request's lines have in common is not taken back when it ends: Django logs a fault once the answer has
    left all middleware.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.arrived_at = timezone.now()  # type: ignore[attr-defined]
        began, common = time.perf_counter(), _common(request)
        clear_contextvars()
        bind_contextvars(**common)
        response = self.get_response(request)
        response["X-Request-ID"] = common["request_id"]
        milliseconds = round((time.perf_counter() - began) * 1000, 1)
        logger.log(_level(request, response), "request_finished", status=response.status_code, duration_ms=milliseconds)
        return response


class OptionalTrailingSlashMiddleware:
    """Resolves /api/v1/orders/ as /api/v1/orders, on every method: a redirect would lose a POST's body."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if len(path) > 1 and path.endswith("/") and not path.startswith(_PAGES_WITH_SLASH):
            request.path_info = path.rstrip("/") or "/"
        return self.get_response(request)


def _common(request: HttpRequest) -> dict[str, Any]:
    offered = request.headers.get("X-Request-ID", "")
    return {
        "request_id": offered if _SANE.fullmatch(offered) else uuid.uuid4().hex,
        "method": request.method,
        "path": redact_path(request.path)[:LONGEST_PATH],
        "ip": client_address(request),
    }


def _level(request: HttpRequest, response: HttpResponse) -> int:
    if response.status_code >= 500:
        return logging.ERROR
    if response.status_code >= 400:
        return logging.WARNING
    return logging.DEBUG if request.path.startswith(f"/{settings.STATIC_URL.lstrip('/')}") else logging.INFO
