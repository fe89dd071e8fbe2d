"""What serializers share: unknown fields are refused; exact decimals; enums in any case."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.exact import MONEY_SCALE, PRICE_SCALE, QUANTITY_SCALE, NotExact, exact, plain, to_scaled
from core.free_json import as_kept

# The largest powers of ten that fit into 64 bits at their scale.
MOST_MONEY = Decimal(10_000_000_000)
MOST_QUANTITY = Decimal(10_000_000_000)
MOST_PRICE = Decimal(100_000_000)
RATIO_DECIMALS = 4
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class StrictSerializer(serializers.Serializer):
    """An input serializer: a field it does not name is an error that names it.

    Of each tuple of names in `exactly_one` the caller gives one.
    """

    exactly_one: tuple[tuple[str, ...], ...] = ()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError({name: ["This field is not known."] for name in unknown})
        taken = super().to_internal_value(data)
        wrong = {names[0]: [_one_of(names)] for names in self.exactly_one if sum(name in taken for name in names) != 1}
        if wrong:
            raise serializers.ValidationError(wrong)
        return taken


class NoFields(StrictSerializer):
    """Nothing: the address says all that is asked for, and what names a part of it must not have all of it done."""


def _one_of(names: tuple[str, ...]) -> str:
    return f"Give either {', '.join(names[:-1])} or {names[-1]}."


class DecimalInput(serializers.Field):
    """A number or its text, exact to `scale` decimals and at most `most`, a power of ten.

    Negatives, NaN and infinity are refused, and zero unless it is allowed.
    """

    def __init__(self, *, scale: int, most: Decimal, zero: bool = False, **kwargs: Any) -> None:
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
        if number > self.most:
            raise serializers.ValidationError(f"Must be at most {plain(self.most)}.")
        return number

    def to_representation(self, value: Any) -> str | None:
        return plain(value)


class MoneyInput(DecimalInput):
    """An amount, 8 decimals."""

    def __init__(self, *, most: Decimal = MOST_MONEY, **kwargs: Any) -> None:
        super().__init__(scale=MONEY_SCALE, most=most, **kwargs)


class QuantityInput(DecimalInput):
    """A size, 8 decimals."""

    def __init__(self, *, most: Decimal = MOST_QUANTITY, **kwargs: Any) -> None:
        super().__init__(scale=QUANTITY_SCALE, most=most, **kwargs)


class PriceInput(DecimalInput):
    """A price, 10 decimals."""

    def __init__(self, *, most: Decimal = MOST_PRICE, **kwargs: Any) -> None:
        super().__init__(scale=PRICE_SCALE, most=most, **kwargs)


@extend_schema_field({"type": "string", "format": "decimal", "example": "0.5"})
class PlainDecimal(serializers.ReadOnlyField):
    """A decimal string in an answer: no exponent, no trailing zeros."""

    def to_representation(self, value: Decimal | None) -> str | None:
        return plain(value)


@extend_schema_field({"type": "string", "format": "decimal", "example": "66317.1", "nullable": True})
class PlainFloat(serializers.ReadOnlyField):
    """A float as the decimal string that was sent: the shortest that means it, without exponent."""

    def to_representation(self, value: float | None) -> str | None:
        return None if value is None else plain(Decimal(repr(value)))


@extend_schema_field({"type": "string", "format": "decimal", "example": "12.5"})
class Percent(serializers.ReadOnlyField):
    """A fraction, said in percent to four decimals; `falls` are fractions below zero, said without the sign."""

    def __init__(self, *, falls: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._factor = -100 if falls else 100

    def to_representation(self, value: float | None) -> str | None:
        return None if value is None else plain(Decimal(repr(value)) * self._factor, decimals=RATIO_DECIMALS)


@extend_schema_field({"type": "string", "format": "decimal", "example": "1.82"})
class Ratio(serializers.ReadOnlyField):
    """A number without a unit, to four decimals."""

    def to_representation(self, value: float | None) -> str | None:
        return None if value is None else plain(Decimal(repr(value)), decimals=RATIO_DECIMALS)


@extend_schema_field({"oneOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]})
class MomentInput(serializers.Field):
    """A date, or a time in ISO 8601, UTC where it does not say. A date is its first second, or its last."""

    def __init__(self, *, end_of_day: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._time_of_day = time(23, 59, 59) if end_of_day else time(0)

    def to_internal_value(self, data: Any) -> datetime:
        if isinstance(data, str) and _DATE.fullmatch(data):
            day = serializers.DateField().to_internal_value(data)
            return datetime.combine(day, self._time_of_day, tzinfo=UTC)
        return serializers.DateTimeField(default_timezone=UTC).to_internal_value(data)


class AnyCaseChoice(serializers.ChoiceField):
    """A member of a TextChoices, taken in any case; `canceled` is `cancelled`."""

    def __init__(self, members: type[models.TextChoices], **kwargs: Any) -> None:
        super().__init__(choices=members.choices, **kwargs)
        self.members = members

    def to_internal_value(self, data: Any) -> models.TextChoices:
        word = data.strip().lower() if isinstance(data, str) else data
        return self.members(super().to_internal_value("cancelled" if word == "canceled" else word))


class AnyCaseName(serializers.ChoiceField):
    """One of some names in small letters, taken in any case."""

    def to_internal_value(self, data: Any) -> str:
        name: str = super().to_internal_value(data.strip().lower() if isinstance(data, str) else data)
        return name


class LowerCase(serializers.CharField):
    """A name that is kept in small letters, taken in any case."""

    def to_internal_value(self, data: Any) -> str:
        name: str = super().to_internal_value(data)
        return name.lower()


def any_case(choices: type[models.TextChoices], **kwargs: Any) -> AnyCaseChoice:
    """Return an AnyCaseChoice over the members of a TextChoices."""
    return AnyCaseChoice(choices, **kwargs)


class FreeObject(serializers.DictField):
    """An object of anything that JSON can say."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        kept: dict[str, Any] = kept_json(super().to_internal_value(data))
        return kept


@extend_schema_field({})
class FreeValue(serializers.Field):
    """Anything that JSON can say."""

    def to_internal_value(self, data: Any) -> Any:
        return kept_json(data)

    def to_representation(self, value: Any) -> Any:
        return value


def kept_json(data: Any) -> Any:
    """Return `data` as it is stored. Raises ValidationError for a number that would be rounded."""
    try:
        return as_kept(data)
    except NotExact as error:
        raise serializers.ValidationError(str(error)) from error


class ErrorAnswer(serializers.Serializer):
    """The one error shape; only used to document it."""

    success = serializers.BooleanField(default=False)
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))  # type: ignore[assignment]
    request_id = serializers.CharField()
    timestamp = serializers.DateTimeField()
