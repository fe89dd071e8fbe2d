"""Bodies of unknown length: measured where the server hands them over, refused where it cannot."""

from collections.abc import Callable

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse

from core.api.exceptions import refuse
from core.errors import AppError


class LengthRequired(AppError):
    """How long the body is has to be said."""

    status = 411
    code = "LENGTH_REQUIRED"


class LengthRequiredMiddleware:
    """Under WSGI Django reads a chunked body as empty, and DRF any that does not say how long it is.

    Neither an alert nor a change must get lost behind a good answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        if chunked and not request.META.get("CONTENT_LENGTH"):
            if isinstance(request, WSGIRequest):
                return refuse(request, LengthRequired("Send the body with a Content-Length."))
            request.META["CONTENT_LENGTH"] = str(len(request.body))
        return self.get_response(request)
