"""The one shape of every error answer, whatever raised it."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.views import set_rollback

from core.api.envelope import EnvelopeRenderer
from core.api.negotiation import DeskNegotiation
from core.errors import AppError, Forbidden, Invalid, Malformed, Missing, TooLarge, Unavailable
from core.exact import NotExact
from core.middleware import current_request_id

logger = logging.getLogger(__name__)

_CODES = {
    exceptions.ParseError: "MALFORMED",
    exceptions.AuthenticationFailed: "INVALID_TOKEN",
    exceptions.NotAuthenticated: "AUTHENTICATION_REQUIRED",
    exceptions.PermissionDenied: "FORBIDDEN",
    exceptions.NotFound: "NOT_FOUND",
    exceptions.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    exceptions.NotAcceptable: "NOT_ACCEPTABLE",
    exceptions.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
    exceptions.Throttled: "RATE_LIMITED",
}
_API = "/api/"
_NOT_TAKEN = "The request is not one that this server takes."


def refuse(request: HttpRequest, error: AppError) -> HttpResponse:
    """Answer with a refusal, in the form that the request asks for: the one way, in a view and outside of them."""
    renderer = _renderer(request)
    response = HttpResponse(status=error.status, content_type=renderer.media_type, headers=_headers(error))
    body = error_body(error.code, error.message, error.errors)
    response.content = renderer.render(body, renderer.media_type, {"response": response})
    return response


def answer_error(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's exception handler: None for what is not a refusal, so that it is logged as a fault."""
    set_rollback()
    refusal = refusal_of(error)
    if refusal is None:
        return None
    if refusal.status >= 500:
        logger.error("answered %s", refusal.code, exc_info=error)
    return refuse(context["request"]._request, refusal)


def refusal_of(error: Exception) -> AppError | None:
    """Return the refusal that an exception means, None for a fault of ours."""
    match error:
        case AppError():
            return error
        case exceptions.ValidationError():
            fields = flat_errors(error.detail)
            return Invalid(_first_sentence(fields), errors=fields)
        case exceptions.APIException():
            code, wait = _CODES.get(type(error), "REFUSED"), getattr(error, "wait", None)
            return AppError(_sentence(error), code=code, status=error.status_code, retry_after_seconds=wait)
        case NotExact():
            return Invalid(str(error))
        case OperationalError() | InterfaceError():
            return Unavailable("The database does not answer; try again.")
    return _refusal_of_django(error)


def _refusal_of_django(error: Exception) -> AppError | None:
    match error:
        case Http404():
            return Missing("Not found.")
        case PermissionDenied():
            return Forbidden("You do not have permission to perform this action.")
        case RequestDataTooBig():
            return TooLarge("The body is larger than this door takes.")
        case SuspiciousOperation():
            return Malformed(_NOT_TAKEN)
    return None


def error_body(code: str, detail: str, errors: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """Return the error object of the contract."""
    return {
        "success": False,
        "code": code,
        "detail": detail,
        "errors": dict(errors or {}),
        "request_id": current_request_id(),
        "timestamp": timezone.now().isoformat().replace("+00:00", "Z"),
    }


def flat_errors(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Return DRF's nested error detail as {"field.inner": ["…"]}."""
    flat: dict[str, list[str]] = {}
    for field, lines in _walk(detail, path):
        flat.setdefault(field, []).append(lines)
    return flat


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer for a path that no route matches."""
    return _refuse_reader(request, Missing("There is nothing at this address."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer for a page that one's role may not open."""
    return _refuse_reader(request, Forbidden("This login may not open the page."))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer for a request that Django itself refuses: a host that is not ours, a body that is too large."""
    return refuse(request, refusal_of(exception or SuspiciousOperation()) or Malformed(_NOT_TAKEN))


def server_fault(request: HttpRequest) -> HttpResponse:
    """Answer for a fault of ours; the log holds the traceback under the request's id."""
    return refuse(
        request, AppError("Something failed here; the request id names it in the log.", code="INTERNAL", status=500)
    )


def _refuse_reader(request: HttpRequest, error: AppError) -> HttpResponse:
    """Refuse in the form that is asked for; a browser that wants a page of the desk gets one."""
    if request.path.startswith(_API) or "text/html" not in request.headers.get("Accept", ""):
        return refuse(request, error)
    return render(request, "refused.html", {"reason": error.message}, status=error.status)


def _walk(detail: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _walk(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping) or (isinstance(inner, Sequence) and not isinstance(inner, str))
            yield from _walk(inner, f"{path}.{index}" if nested else path)
    else:
        yield path or "non_field_errors", str(detail)


def _first_sentence(fields: Mapping[str, list[str]]) -> str:
    field, lines = next(iter(fields.items()), ("", ["The request is not valid."]))
    return lines[0] if field == "non_field_errors" else f"{field}: {lines[0]}"


def _sentence(error: exceptions.APIException) -> str:
    detail: Any = error.detail
    while isinstance(detail, dict | list):
        detail = next(iter(detail.values() if isinstance(detail, dict) else detail), "Refused.")
    return str(detail)


def _renderer(request: HttpRequest) -> BaseRenderer:
    """Return what the request asks for, JSON where that cannot be told: a refusal is never refused."""
    forms = [JSONRenderer(), EnvelopeRenderer()]
    try:
        return DeskNegotiation().select_renderer(request, forms)[0]
    except (AppError, exceptions.NotAcceptable, SuspiciousOperation):
        return forms[0]


def _headers(error: AppError) -> dict[str, str]:
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(math.ceil(error.retry_after_seconds), 1))
    return headers
