"""Reads where an exit lies: a price, or a percent of the entry, in the size grammar."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from trading.sizes import BadPrice, Distance, format_distance, parse_distance

_SCHEMA = {
    "oneOf": [
        {"type": "string", "maxLength": 64, "example": "2%"},
        {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    ]
}


@extend_schema_field(_SCHEMA)
class DistanceInput(serializers.Field):
    """A bare number is a price in quote currency, `2%` a distance from the entry."""

    def to_internal_value(self, data: Any) -> Distance:
        try:
            return parse_distance(data)
        except BadPrice as error:
            raise serializers.ValidationError(error.message) from error

    def to_representation(self, value: Distance) -> str:
        return format_distance(value)
