"""Every request gets an id, in its answer and in every log line, and the time at which it came.

A trailing slash never matters to a program.
"""

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_request_id: ContextVar[str] = ContextVar("request_id", default="-")

# Pages of Django's own keep their slashes: the admin redirects to them.
_PAGES_WITH_SLASH = ("/admin/", "/static/")

Answer = Callable[[HttpRequest], HttpResponse]


def current_request_id() -> str:
    """Return the id of the request this code runs for, "-" outside one."""
    return _request_id.get()


def arrival_of(request: HttpRequest) -> datetime:
    """Return when a request began: the moment at which it reached the outermost middleware, aware, in UTC."""
    arrived_at: datetime = request.arrived_at  # type: ignore[attr-defined]
    return arrived_at


class RequestIdMiddleware:
    """Takes the client's own X-Request-ID where it is sane, else makes one; sends it back. Stamps the arrival."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.arrived_at = timezone.now()  # type: ignore[attr-defined]
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _SANE.fullmatch(offered) else uuid.uuid4().hex
        # Not taken back afterwards: Django logs a refusal once the answer has left all middleware.
        _request_id.set(request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
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


class RequestIdFilter(logging.Filter):
    """Gives every log record the id of its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get()
        return True
