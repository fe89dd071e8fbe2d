"""The shape that multi's paths answer in: {"success", "message", "data"}."""

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response


def told(message: str, data: dict[str, Any], *, status: int = 200, success: bool = True) -> Response:
    """Return an answer in multi's shape."""
    return Response({"success": success, "message": message, "data": data}, status=status)


def told_schema(name: str, **data: serializers.BaseSerializer | serializers.Field) -> serializers.Serializer:
    """Return the serializer that documents an answer made by `told`."""
    return inline_serializer(
        name,
        {
            "success": serializers.BooleanField(),
            "message": serializers.CharField(),
            "data": inline_serializer(f"{name}Data", data),
        },
    )
