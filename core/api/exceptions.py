"""The one shape of every error answer, whatever raised it."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import AppError, Invalid, TooLarge, Unavailable
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


def answer_error(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: None for what is not a refusal, so that it is logged as a fault."""
    set_rollback()
    error = _translated(error)
    if isinstance(error, AppError):
        if error.status >= 500:
            logger.error("answered %s", error.code, exc_info=error)
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        return Response(error_body(error.code, error.message, error.errors), status=error.status, headers=headers)
    if isinstance(error, exceptions.ValidationError):
        fields = flat_errors(error.detail)
        return Response(error_body("INVALID", _first_sentence(fields), fields), status=422)
    if isinstance(error, exceptions.APIException):
        code = _CODES.get(type(error), "REFUSED")
        return Response(error_body(code, _sentence(error)), status=error.status_code, headers=_headers(error))
    return None


def _translated(error: Exception) -> Exception:
    """Return what an exception of Django's means here; every other is returned as it is."""
    match error:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge("The body is larger than this door takes.")
        case NotExact():
            return Invalid(str(error))
        case OperationalError() | InterfaceError():
            logger.error("the database does not answer", exc_info=error)
            return Unavailable("The database does not answer; try again.")
    return error


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


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Answer for a path that no route matches."""
    return JsonResponse(error_body("NOT_FOUND", "There is nothing at this address."), status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Answer for a request that Django itself refuses: a host that is not ours, a body that is too large."""
    return JsonResponse(error_body("MALFORMED", "The request is not one that this server takes."), status=400)


def server_fault(request: HttpRequest) -> JsonResponse:
    """Answer for a fault of ours; the log holds the traceback under the request's id."""
    return JsonResponse(
        error_body("INTERNAL", "Something failed here; the request id names it in the log."), status=500
    )


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


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    challenge, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
    if challenge:
        headers["WWW-Authenticate"] = str(challenge)
    if wait:
        headers["Retry-After"] = str(math.ceil(wait))
    return headers
