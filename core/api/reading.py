"""Reads a request's body or query through a serializer."""

import re
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from core.api.json_types import type_errors

_WHOLE = re.compile(r"-?[0-9]{1,19}")


def read_body(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated body. Raises ValidationError naming the fields that are wrong."""
    asked = serializer(data=request.data)
    _check_types(asked, request.data)
    return _validated(asked)


def read_query(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated query. Names that the serializer does not know are not looked at."""
    return _validated(serializer(data=texts_of(serializer().fields, request)))


def read_query_or_body(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated parameters of a POST that may bring them in its query; the body's come first."""
    known, body = serializer(), request.data
    query = texts_of(known.fields, request)
    _check_types(known, body)
    return _validated(serializer(data={**query, **body} if isinstance(body, Mapping) else body))


def texts_of(fields: Mapping[str, serializers.Field], request: Request) -> dict[str, str]:
    """Return the text of each parameter that has a field. Raises ValidationError for one that is empty or said twice.

    So are a truth and a whole number that are not written as JSON writes them.
    """
    known = {name: field for name, field in fields.items() if name in request.query_params}
    texts = {name: request.query_params.getlist(name) for name in known}
    errors = {name: _text_errors(field, texts[name]) for name, field in known.items()}
    wrong = {name: lines for name, lines in errors.items() if lines}
    if wrong:
        raise serializers.ValidationError(wrong)
    return {name: text for name, [text] in texts.items()}


def _validated(asked: serializers.Serializer) -> dict[str, Any]:
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _check_types(serializer: serializers.Serializer, body: Any) -> None:
    errors = type_errors(serializer, body)
    if errors:
        raise serializers.ValidationError(errors)


def _text_errors(field: serializers.Field, texts: list[str]) -> list[str]:
    if len(texts) > 1:
        return ["Give it once."]
    if not texts[0].strip():
        return ["Must not be empty."]
    match field:
        case serializers.BooleanField() if texts[0].lower() not in {"true", "false"}:
            return ["Must be true or false."]
        case serializers.IntegerField() if not _WHOLE.fullmatch(texts[0]):
            return ["Must be a whole number."]
    return []
