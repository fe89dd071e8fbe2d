"""The OpenAPI schema: every operation also documents its refusals, in the one error shape."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from core.api.idempotency import HEADER, REPLAYED, takes_key
from core.api.serializers import ErrorAnswer

_REFUSALS = {
    "400": "Malformed, or refused by a business rule",
    "401": "No token, or one that is not valid",
    "403": "Not allowed",
    "404": "Not there, or not yours",
    "409": "A duplicate, or the wrong state",
    "422": "A field is wrong",
}
_READ_REFUSALS = ("400", "401", "403", "404", "422")
_IDEMPOTENCY = [
    OpenApiParameter(
        HEADER,
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        OpenApiParameter.HEADER,
        description="Makes the request happen once: sent again within a day, it gets the first answer.",
    ),
    OpenApiParameter(
        REPLAYED,
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        enum=["true"],
        response=[200, 201, 400, 409],
        description="This is the answer to an earlier request with the same key.",
    ),
]


class DeskSchema(AutoSchema):
    """Adds the refusals and names an operation's tag after the first part of its path."""

    def get_operation_id(self) -> str:
        """Name an operation after its method and path: unique, and stable when a view is renamed."""
        parts = [part.strip("{}") for part in self.path.split("/") if part]
        return "_".join([self.method.lower(), *(part.replace("-", "_") for part in parts or ["root"])])

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and part not in {"api", "v1"}]
        return [parts[0] if parts else "system"]

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), *(_IDEMPOTENCY if takes_key(self.view) else ())]

    def _get_paginator(self) -> Any:
        """A view says which of its list actions answer a bare array."""
        if getattr(self.view, "action", None) in getattr(self.view, "bare_lists", ()):
            return None
        return super()._get_paginator()

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        statuses = _READ_REFUSALS if self.method == "GET" else tuple(_REFUSALS)
        for status in statuses:
            if status not in bodies:
                bodies[status] = self._get_response_for_code(ErrorAnswer, status)
                bodies[status]["description"] = _REFUSALS[status]
        return bodies
