"""Model fields that are exact on both databases: scaled 64-bit integers on SQLite, numeric on PostgreSQL.

They are not Django DecimalFields on purpose: an expression that mixes one with a bare Decimal has no type that
Django could derive. Django asks for that type only when it reads rows, so what is written or compared is asked for
it here: else SQLite would add the Decimal 1 to a scaled integer, where it is worth 10^-8.
"""

from decimal import Decimal
from typing import Any

from django import forms
from django.core import exceptions
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import lookups
from django.db.models.expressions import Combinable, CombinedExpression, Value, register_combinable_fields

from core.exact import MONEY_SCALE, PRICE_SCALE, QUANTITY_SCALE, RATE_SCALE, NotExact, exact, from_scaled, to_scaled


class ExactField(models.Field):
    """A decimal with a fixed scale and 64 bits. Refuses, on both databases alike, what it cannot hold exactly."""

    scale: int

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bigint" if connection.vendor == "sqlite" else f"numeric(19, {self.scale})"

    def to_python(self, value: Any) -> Decimal | None:
        if value is None:
            return None
        try:
            return from_scaled(to_scaled(value, self.scale), self.scale)
        except NotExact as error:
            raise exceptions.ValidationError(str(error), code="invalid") from error

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None or hasattr(value, "resolve_expression") else exact(value)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if hasattr(value, "as_sql"):
            _require_scale(self.scale, value)
        return super().get_db_prep_save(value, connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        # Prepared or not: what `get_prep_value` asks is asked here too, and once is enough.
        scaled = to_scaled(value, self.scale)
        return scaled if connection.vendor == "sqlite" else from_scaled(scaled, self.scale)

    def from_db_value(self, value: Any, expression: object, connection: BaseDatabaseWrapper) -> Decimal | None:
        if value is None:
            return None
        if connection.vendor == "sqlite":
            return from_scaled(int(value), self.scale)
        return Decimal(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else format(value, "f")

    def formfield(self, **kwargs: Any) -> Any:
        widths = {"max_digits": 19, "decimal_places": self.scale}
        return super().formfield(**{"form_class": forms.DecimalField, **widths, **kwargs})


class MoneyField(ExactField):
    """An amount of the account's currency; 8 decimals, up to 92 billion."""

    scale = MONEY_SCALE


class QuantityField(ExactField):
    """A size in base units; 8 decimals, up to 92 billion."""

    scale = QUANTITY_SCALE


class PriceField(ExactField):
    """A price in quote units per base unit; 10 decimals, up to 922 million."""

    scale = PRICE_SCALE


class RateField(ExactField):
    """A fraction (0.0002 is 0.02 %); 10 decimals."""

    scale = RATE_SCALE


def _require_scale(scale: int, expression: Any) -> None:
    """Raise FieldError unless `expression`, and all arithmetic inside it, is of exact fields of this scale."""
    for part in expression.flatten() if hasattr(expression, "flatten") else ():
        if isinstance(part, CombinedExpression):
            part.output_field  # noqa: B018 - raises FieldError where its two sides have no common type
    if getattr(getattr(expression, "output_field", None), "scale", None) != scale:
        raise exceptions.FieldError(
            f"{expression} is not an exact number of {scale} decimals; give it an output_field."
        )


class _SameScale:
    """A comparison with an expression: refused where the two sides are not integers of the same scale."""

    lhs: Any
    rhs: Any

    def get_prep_lookup(self) -> Any:
        sides = list(self.rhs) if isinstance(self.rhs, list | tuple | set | frozenset) else [self.rhs]
        field = self.lhs.output_field
        for side in sides:
            if hasattr(side, "resolve_expression"):
                _require_scale(field.scale, side)
                # Beside an expression Django would pass a bare number as it is, not scaled.
                self.rhs = [_typed(other, field) for other in sides] if len(sides) > 1 else self.rhs
        return super().get_prep_lookup()  # type: ignore[misc]


def _typed(side: Any, field: models.Field) -> Any:
    return side if hasattr(side, "resolve_expression") else Value(field.get_prep_value(side), output_field=field)


for _lookup in (
    lookups.Exact,
    lookups.GreaterThan,
    lookups.GreaterThanOrEqual,
    lookups.LessThan,
    lookups.LessThanOrEqual,
    lookups.In,
    lookups.Range,
):
    ExactField.register_lookup(type(_lookup.__name__, (_SameScale, _lookup), {}))

for _field in (MoneyField, QuantityField):
    for _connector in (Combinable.ADD, Combinable.SUB):
        register_combinable_fields(_field, _connector, _field, _field)
