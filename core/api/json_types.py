"""A value in a JSON body has the type that its field documents: no "5" for 5, no 1 for true, no 5 for "5"."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

_TEXT = (
    serializers.CharField,
    serializers.UUIDField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.TimeField,
)


def type_errors(field: serializers.Field, value: Any) -> Any:
    """Return what has the wrong type, nested as DRF nests its errors; empty where all is well.

    Whether null may be, what is missing and what shape an object has is left to the fields.
    """
    match field:
        case serializers.Serializer() if isinstance(value, Mapping):
            inner = {name: field.fields[name] for name in value if name in field.fields}
            return _found({name: type_errors(child, value[name]) for name, child in inner.items()})
        case serializers.ListField() if isinstance(value, list):
            return _found({index: type_errors(field.child, item) for index, item in enumerate(value)})
        case serializers.DictField() if isinstance(value, Mapping):
            return _found({name: type_errors(field.child, item) for name, item in value.items()})
        case serializers.MultipleChoiceField():
            return []
    return [] if value is None else _of_scalar(field, value)


def _of_scalar(field: serializers.Field, value: Any) -> list[str]:
    match field:
        case serializers.BooleanField():
            return [] if isinstance(value, bool) else ["Must be true or false."]
        case serializers.IntegerField():
            return [] if _is_whole(value) else ["Must be a whole number."]
        case serializers.FloatField():
            return [] if isinstance(value, int | Decimal) and not isinstance(value, bool) else ["Must be a number."]
    return ["Must be text."] if isinstance(field, _TEXT) and not isinstance(value, str) else []


def _is_whole(value: Any) -> bool:
    """JSON knows one kind of number: 5.0 is as whole as 5."""
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _found(errors: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): inner for key, inner in errors.items() if inner}
