"""Limits what comes to the API, by who asks or by address, and tells on every answer how much is left."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.api.scopes import counted_for
from core.api.exceptions import refuse
from core.errors import RateLimited
from core.limits import hit, is_counted, require, tightest


class RateLimitMiddleware:
    """One hit for each request: by user where a session is behind it, else by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_counted(request.path_info):
            return self.get_response(request)
        return _told(request, self._answer(request))

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            require(hit(*counted_for(request)), request)
        except RateLimited as refusal:
            return refuse(request, refusal)
        return self.get_response(request)


def _told(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    verdict = tightest(request)
    if verdict is None:
        return response
    response["X-RateLimit-Limit"] = str(verdict.limit)
    response["X-RateLimit-Remaining"] = str(verdict.remaining)
    response["X-RateLimit-Reset"] = str(verdict.reset_at)
    return response
