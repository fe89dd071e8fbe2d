"""All addresses that the desk answers at, as its URL conf and its sockets say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from config import sockets

METHODS = ("get", "post", "put", "patch", "delete")

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address, parameters in braces; `view` is the class behind it, `action` its method there."""

    method: str
    path: str
    view: Any
    action: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def http_routes() -> list[Route]:
    """Return every method of every address but those below /admin/, which Django's admin site guards itself."""
    return [route for pattern, prefix in _patterns(get_resolver().url_patterns, "/") for route in _of(pattern, prefix)]


def admin_addresses() -> list[str]:
    """Return the addresses below /admin/ that take no parameter."""
    site = next(each for each in get_resolver().url_patterns if str(each.pattern) == "admin/")
    assert isinstance(site, URLResolver)
    paths = [f"{prefix}{pattern.pattern}" for pattern, prefix in _patterns(site.url_patterns, "/admin/")]
    return sorted(path for path in paths if "<" not in path and "(" not in path)


def socket_routes() -> list[str]:
    """Return the addresses of WebSockets, parameters in braces; the last one stands for all where there is none."""
    texts = [_GROUP.sub(r"{\1}", str(route.pattern)) for route in sockets.routes]
    return [f"/{text.lstrip('^').replace('/?$', '')}".replace("(?:api/v1/)?", "") for text in texts]


def _patterns(patterns: list[Any], prefix: str) -> Iterator[tuple[URLPattern, str]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern, prefix
        elif str(pattern.pattern) != "admin/":
            yield from _patterns(pattern.url_patterns, f"{prefix}{pattern.pattern}")


def _of(pattern: URLPattern, prefix: str) -> Iterator[Route]:
    path = _PARAMETER.sub(r"{\1}", f"{prefix}{pattern.pattern}")
    callback: Any = pattern.callback
    if hasattr(callback, "actions"):
        for method, action in callback.actions.items():
            if method in METHODS:
                yield Route(method.upper(), path, callback.cls, action)
        return
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    allowed = callback.view_initkwargs.get("http_method_names", view.http_method_names)
    for method in METHODS:
        if method in allowed and hasattr(view, method):
            yield Route(method.upper(), path, view)
