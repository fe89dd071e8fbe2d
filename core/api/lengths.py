"""Refuses bodies of unknown length where the server cannot hand them over."""

from collections.abc import Callable

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, JsonResponse

from core.api.exceptions import error_body


class LengthRequiredMiddleware:
    """Under WSGI Django reads a chunked body as empty; an alert must not get lost behind a good answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        if chunked and isinstance(request, WSGIRequest) and not request.META.get("CONTENT_LENGTH"):
            return JsonResponse(error_body("LENGTH_REQUIRED", "Send the body with a Content-Length."), status=411)
        return self.get_response(request)
