"""Limits what comes to the API, by who asks or by address, and tells on every answer how much is left."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from accounts.identity import session_behind
from accounts.tokens import InvalidToken
from core.addresses import counted_address
from core.api.exceptions import refuse
from core.errors import RateLimited
from core.limits import Verdict, hit

_API = "/api/v1/"
# Senders of alerts prove themselves and are queued, never refused; probes are not to tip a desk over.
_NOT_COUNTED = ("/api/v1/webhook/", "/api/v1/health")


class RateLimitMiddleware:
    """One hit for each request: by user where a session is behind it, else by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(_API) or path.startswith(_NOT_COUNTED):
            return self.get_response(request)
        verdict = hit(*_who(request))
        if verdict.allowed:
            response = self.get_response(request)
        else:
            response = refuse(request, RateLimited(retry_after_seconds=verdict.retry_after))
        return _told(response, verdict)


def _who(request: HttpRequest) -> tuple[str, str]:
    """Return scope and key. A token that is no good counts by address: whoever guesses has a new one each time."""
    try:
        session = session_behind(request)
    except (InvalidToken, OperationalError, InterfaceError):  # the view finds the same, and says so
        session = None
    if session is None:
        return "anonymous", counted_address(request) or ""
    return "user", str(session.user_id)


def _told(response: HttpResponse, verdict: Verdict) -> HttpResponse:
    response["X-RateLimit-Limit"] = str(verdict.limit)
    response["X-RateLimit-Remaining"] = str(verdict.remaining)
    response["X-RateLimit-Reset"] = str(verdict.reset_at)
    return response
