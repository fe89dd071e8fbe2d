"""The OpenAPI schema: what an operation takes, exactly, and every refusal that it may answer with."""

from decimal import Decimal
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiFilterExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_parameter_type, is_list_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from core.api.envelope import EnvelopeRenderer
from core.api.idempotency import HEADER, REPLAYED, takes_key
from core.api.serializers import AnyCaseChoice, DecimalInput, ErrorAnswer, StrictSerializer
from core.limits import is_counted

Direction = Literal["request", "response"]

_REFUSALS = {
    "400": "Malformed, or refused by a business rule",
    "401": "No token, or one that is not valid",
    "403": "Not allowed",
    "404": "Not there, or not yours",
    "406": "No such form of an answer",
    "409": "A duplicate, or the wrong state",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "422": "A field is wrong",
    "429": "Too many requests",
}
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
_WITH_BODY = {"409", "413", "415"}
_WITH_TOKEN = {"401", "403"}
# What Python takes off the ends of a text is a little more than \\s is elsewhere.
_NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
_WHOLE = {"type": "integer", "minimum": 0}
# Once, as components; what each answer of a counted path has are references to them.
HEADERS = {
    "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."},
    "X-RateLimit-Limit": {"schema": _WHOLE, "description": "Requests of the tightest window."},
    "X-RateLimit-Remaining": {"schema": _WHOLE, "description": "What is left of them."},
    "X-RateLimit-Reset": {"schema": _WHOLE, "description": "When the next place becomes free, in Unix seconds."},
}
_REFERENCES = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
_OF_429 = {"Retry-After": _REFERENCES["Retry-After"]}
_OF_COUNTED = {name: reference for name, reference in _REFERENCES.items() if name.startswith("X-RateLimit-")}


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

    def map_renderers(self, attribute: str) -> list[Any]:
        """Leave the envelope out: it is described once, for all operations."""
        envelope = getattr(EnvelopeRenderer, attribute)
        return [each for each in super().map_renderers(attribute) if each != envelope]

    def _get_paginator(self) -> Any:
        """A view says which of its list actions answer a bare array."""
        if getattr(self.view, "action", None) in getattr(self.view, "bare_lists", ()):
            return None
        return super()._get_paginator()

    def _is_list_view(self, serializer: Any = None) -> bool:
        """An answer that is not said to be many is one object, whatever the action is called."""
        said = serializer is not None and not isinstance(serializer, dict)
        return is_list_serializer(serializer) if said else super()._is_list_view(serializer)

    def _get_request_for_media_type(self, serializer: Any, direction: Direction = "request") -> tuple[Any, bool]:
        """A body that has to name one of several fields has to be there."""
        schema, required = super()._get_request_for_media_type(serializer, direction)
        return schema, required or bool(getattr(serializer, "exactly_one", ()))

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status, description in _REFUSALS.items():
            if status not in bodies and status not in self._impossible():
                bodies[status] = self._get_response_for_code(ErrorAnswer, status, ["application/json"])
                bodies[status]["description"] = description
        for status, body in bodies.items():
            headers = (_OF_429 if status == "429" else {}) | (_OF_COUNTED if is_counted(self.path) else {})
            if headers:
                body["headers"] = headers | body.get("headers", {})
        return bodies

    def _impossible(self) -> set[str]:
        """Return the refusals that reading cannot meet, and those that only a caller with a token can."""
        if self.method != "GET":
            return set()
        return _WITH_BODY if self.view.get_authenticators() else _WITH_BODY | _WITH_TOKEN

    def _map_serializer(self, serializer: Any, direction: Direction, bypass_extensions: bool = False) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_serializer(serializer, direction, bypass_extensions)
        strict = serializer() if isinstance(serializer, type) else serializer
        if direction == "request" and isinstance(strict, StrictSerializer):
            schema["additionalProperties"] = False
            if strict.exactly_one:
                choices = [[{"required": [name]} for name in names] for names in strict.exactly_one]
                schema["allOf"] = [{"oneOf": each} for each in choices]
        return schema

    def _map_serializer_field(self, field: Any, direction: Direction, bypass_extensions: bool = False) -> Any:
        """A text that may not be blank holds more than the white space that is taken off it."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        text = isinstance(field, serializers.CharField) and not isinstance(field, serializers.RegexField)
        if direction == "response" or not text or {"format", "$ref"} & set(schema):
            return schema
        if field.trim_whitespace and not field.allow_blank:
            schema["pattern"] = _NOT_BLANK
        return schema

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        """A pattern of a field's own says how short it may be; generators take the two for one."""
        super()._insert_field_validators(field, schema)
        if isinstance(field, serializers.RegexField):
            schema.pop("minLength", None)


class StrictFilterSchema(OpenApiFilterExtension):
    """The parameters of a list's FilterSet, as the fields say that read them."""

    target_class = "core.api.filters.StrictFilterBackend"
    priority = 1  # before the library's own, which knows its backend and not these filters

    def get_schema_operation_parameters(self, auto_schema: Any, *args: Any, **kwargs: Any) -> list[Any]:
        filters = getattr(auto_schema.view, "filterset_class", None)
        if filters is None or auto_schema.view.action != "list":
            return []
        return [_parameter(auto_schema, name, each.read_by) for name, each in filters.base_filters.items()]


def _parameter(auto_schema: DeskSchema, name: str, field: Any) -> Any:
    schema = auto_schema._map_serializer_field(field, "request")
    auto_schema._insert_field_validators(field, schema)
    told = schema.pop("description", field.help_text)
    return build_parameter_type(name=name, schema=schema, location=OpenApiParameter.QUERY, description=told)


class AnyCaseChoiceSchema(OpenApiSerializerFieldExtension):
    """The members in lower case; a name of its own would be needed for each where they stood alone."""

    target_class = AnyCaseChoice

    def map_serializer_field(self, auto_schema: Any, direction: Direction) -> dict[str, Any]:
        members = {"type": "string", "enum": [str(member) for member in self.target.members.values]}
        return {"allOf": [members], "description": "In any case."}


class DecimalInputSchema(OpenApiSerializerFieldExtension):
    """A decimal text within the field's bounds, or a number within them."""

    target_class = DecimalInput
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Direction) -> dict[str, Any]:
        field: DecimalInput = self.target
        number: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": int(field.most)}
        if not field.zero:
            number["exclusiveMinimum"] = True
        number["multipleOf"] = float(Decimal(1).scaleb(-field.scale))
        text = {"type": "string", "pattern": decimal_pattern(scale=field.scale, most=field.most, zero=field.zero)}
        return {"oneOf": [text, number]}


def decimal_pattern(*, scale: int, most: Decimal, zero: bool) -> str:
    """Return the pattern of the decimals from 0 to `most`, a power of ten, with at most `scale` decimals."""
    digits = len(str(int(most))) - 1
    some = "" if zero else "(?![0.]+$)"
    return rf"^{some}((0|[1-9]\d{{0,{digits - 1}}})(\.\d{{1,{scale}}})?|1{'0' * digits})$"


def add_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the components that the headers of answers refer to."""
    result["components"]["headers"] = HEADERS
    return result
