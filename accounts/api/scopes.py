"""For whom a request counts, and the stricter limits that views name."""

from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.identity import session_behind
from accounts.tokens import InvalidToken
from core.addresses import counted_address
from core.limits import hit, note


class ScopeOfView(BaseThrottle):
    """A stricter limit that a view names, `rate_scope = "sync"`, counted for whom the request is counted."""

    _wait: int | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        scope = getattr(view, "rate_scope", "")
        if not scope:
            return True
        verdict = hit(scope, counted_for(request._request)[1])
        note(verdict, request._request)
        self._wait = verdict.retry_after
        return verdict.allowed

    def wait(self) -> int | None:
        return self._wait


def counted_for(request: HttpRequest) -> tuple[str, str]:
    """Return scope and key. A token that is no good counts by address: whoever guesses has a new one each time."""
    try:
        session = session_behind(request)
    except (InvalidToken, OperationalError, InterfaceError):  # the view finds the same, and says so
        session = None
    if session is None:
        return "anonymous", counted_address(request)
    return "user", str(session.user_id)
