"""Lists answer {"items", "total", "limit", "offset"}; a page size out of range is a refusal, not a silent cut."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import Invalid

_LAST_ROW = 2**31 - 1


class LimitOffsetPages(LimitOffsetPagination):
    """`limit` 1 to 100 (50 when absent), `offset` from 0."""

    default_limit = 50
    max_limit = 100

    def get_limit(self, request: Request) -> int:
        return _whole(request, "limit", self.default_limit, 1, self.max_limit)

    def get_offset(self, request: Request) -> int:
        return _whole(request, "offset", 0, 0, _LAST_ROW)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "total": self.count, "limit": self.limit, "offset": self.offset})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": self.max_limit, "default": self.default_limit}
        offset = {"type": "integer", "minimum": 0, "maximum": _LAST_ROW, "default": 0}
        return [
            {"name": "limit", "in": "query", "description": "How many rows.", "schema": limit},
            {"name": "offset", "in": "query", "description": "How many rows to pass over.", "schema": offset},
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        whole = {"type": "integer", "minimum": 0}
        return {
            "type": "object",
            "required": ["items", "total", "limit", "offset"],
            "properties": {"items": schema, "total": whole, "limit": whole, "offset": whole},
        }


def _whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    once = len(request.query_params.getlist(name)) == 1
    if not once or not (text.isascii() and text.isdigit()) or len(text) > 10 or not least <= int(text) <= most:
        raise Invalid(f"{name} is a whole number from {least} to {most}.", field=name)
    return int(text)
