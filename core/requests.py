"""Requests whose Content-Type nobody can read: Django would fail before any of its handlers could answer."""

from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest

UNREADABLE = "application/octet-stream"


class ReadableContentType:
    """Takes a Content-Type that breaks the parser for bytes of no known type: a view refuses them, or does not mind."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (LookupError, ValueError):
            meta["CONTENT_TYPE"] = UNREADABLE
            super()._set_content_type_params(meta)  # type: ignore[misc]


class DeskWSGIRequest(ReadableContentType, WSGIRequest):
    """A request under WSGI."""


class DeskASGIRequest(ReadableContentType, ASGIRequest):
    """A request under ASGI."""
