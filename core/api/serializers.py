"""What serializers share: unknown fields are refused; exact decimals; enums in any case."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.exact import MONEY_SCALE, PRICE_SCALE, QUANTITY_SCALE, NotExact, exact, plain, to_scaled


class StrictSerializer(serializers.Serializer):
    """An input serializer: a field it does not name is an error that names it."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError({name: ["This field is not known."] for name in unknown})
        return super().to_internal_value(data)


@extend_schema_field({"oneOf": [{"type": "string", "format": "decimal"}, {"type": "number"}]})
class DecimalInput(serializers.Field):
    """A number or its text, exact to `scale` decimals; zero, negatives, NaN and infinity refused unless allowed."""

    def __init__(self, *, scale: int, zero: bool = False, most: Decimal | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.zero, self.most = scale, zero, most

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            number = exact(str(data) if isinstance(data, float) else data)
            to_scaled(number, self.scale)
        except NotExact as error:
            raise serializers.ValidationError(str(error)) from error
        if number < 0 or (number == 0 and not self.zero):
            raise serializers.ValidationError("Must not be negative." if self.zero else "Must be more than zero.")
        if self.most is not None and number > self.most:
            raise serializers.ValidationError(f"Must be at most {plain(self.most)}.")
        return number

    def to_representation(self, value: Any) -> str | None:
        return plain(value)


class MoneyInput(DecimalInput):
    """An amount, 8 decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(scale=MONEY_SCALE, **kwargs)


class QuantityInput(DecimalInput):
    """A size, 8 decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(scale=QUANTITY_SCALE, **kwargs)


class PriceInput(DecimalInput):
    """A price, 10 decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(scale=PRICE_SCALE, **kwargs)


@extend_schema_field({"type": "string", "format": "decimal", "example": "0.5"})
class PlainDecimal(serializers.ReadOnlyField):
    """A decimal string in an answer: no exponent, no trailing zeros."""

    def to_representation(self, value: Decimal | None) -> str | None:
        return plain(value)


@extend_schema_field(OpenApiTypes.STR)
class AnyCaseChoice(serializers.ChoiceField):
    """A member of a TextChoices, taken in any case; `canceled` is `cancelled`."""

    def __init__(self, members: type[models.TextChoices], **kwargs: Any) -> None:
        super().__init__(choices=members.choices, **kwargs)
        self.members = members

    def to_internal_value(self, data: Any) -> models.TextChoices:
        word = data.strip().lower() if isinstance(data, str) else data
        return self.members(super().to_internal_value("cancelled" if word == "canceled" else word))


def any_case(choices: type[models.TextChoices], **kwargs: Any) -> AnyCaseChoice:
    """Return an AnyCaseChoice over the members of a TextChoices."""
    return AnyCaseChoice(choices, **kwargs)


class ErrorAnswer(serializers.Serializer):
    """The one error shape; only used to document it."""

    success = serializers.BooleanField(default=False)
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))  # type: ignore[assignment]
    request_id = serializers.CharField()
    timestamp = serializers.DateTimeField()
