"""Reads a request's body or query through a serializer."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


def read_body(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated body. Raises ValidationError naming the fields that are wrong."""
    asked = serializer(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def read_query(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated query. Names that the serializer does not know are not looked at."""
    asked = serializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def read_query_or_body(serializer: type[serializers.Serializer], request: Request) -> dict[str, Any]:
    """Return the validated parameters of a POST that may bring them in its query; the body's come first."""
    known = serializer().fields
    query = {name: value for name, value in request.query_params.items() if name in known}
    body = request.data
    asked = serializer(data={**query, **body} if isinstance(body, Mapping) else body)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
