"""Which form an answer takes: `?format=` first, then the Accept header; the answer's type is the renderer's own."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core.errors import Invalid

_LONGEST_ACCEPT = 8192


class DeskNegotiation(DefaultContentNegotiation):
    """Refuses a format that a view does not have by name; nothing that a client writes comes back as a type."""

    def select_renderer(
        self, request: Request | HttpRequest, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        known = list(renderers)
        asked = format_suffix or request.GET.get("format")
        named = known if asked is None else _of_format(known, asked)
        chosen = _preferred(request, named) or (None if asked is None else named[0])
        if chosen is None:
            raise NotAcceptable(available_renderers=known)
        return chosen, str(chosen.media_type)


def _of_format(renderers: Sequence[BaseRenderer], asked: str) -> list[BaseRenderer]:
    candidates = [renderer for renderer in renderers if renderer.format == asked]
    if not candidates:
        known = ", ".join(sorted({str(renderer.format) for renderer in renderers}))
        raise Invalid(f"format is one of: {known}.", field="format")
    return candidates


def _preferred(request: Request | HttpRequest, renderers: Sequence[BaseRenderer]) -> BaseRenderer | None:
    """Return the renderer that the Accept header likes best; of equals the more exactly named, then the first."""
    ranges = list(_ranges(request.META.get("HTTP_ACCEPT") or "*/*"))
    best: BaseRenderer | None = None
    highest = (0.0, 0)
    for renderer in renderers:
        exactness, weight = max((_exactness(name, renderer), weight) for name, weight in ranges)
        if exactness and weight and (weight, exactness) > highest:
            best, highest = renderer, (weight, exactness)
    return best


def _exactness(name: str, renderer: BaseRenderer) -> int:
    """Return 3 for the type itself, 2 for its family, 1 for anything, 0 where the name is another's."""
    own = str(renderer.media_type).partition(";")[0].lower()
    return {own: 3, own.partition("/")[0] + "/*": 2, "*/*": 1, "*": 1}.get(name, 0)


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for written in header[:_LONGEST_ACCEPT].split(","):
        name, *parameters = [part.strip().lower() for part in written.split(";")]
        yield name, _weight(parameters)


def _weight(parameters: list[Any]) -> float:
    """Return the `q` of a range, 1 where there is none that makes sense."""
    text = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    digits = text.replace(".", "", 1)
    return min(float(text), 1.0) if digits.isascii() and digits.isdigit() else 1.0
