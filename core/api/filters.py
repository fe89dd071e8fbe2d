"""Narrows lists by the parameters of a query, which are read as strictly as every other query."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers
from rest_framework.request import Request

from core.api.reading import texts_of


class _ReadByField(forms.Field):
    """Takes what a serializer's field takes, in its words."""

    def __init__(self, *, field: serializers.Field, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._field = field

    def clean(self, value: str | None) -> Any:
        if value is None:
            return None
        try:
            return self._field.run_validation(value)
        except serializers.ValidationError as error:
            # A sentence may repeat what was typed, and django-filter formats with %: it is no template.
            lines = [ValidationError("%(line)s", params={"line": line}) for line in error.detail]
            raise ValidationError(lines) from error


class FieldFilter(django_filters.Filter):
    """Compares with what a serializer's field reads."""

    field_class = _ReadByField

    def __init__(self, field: serializers.Field, **kwargs: Any) -> None:
        super().__init__(field=field, **kwargs)
        self.read_by = field


class StrictFilterBackend(DjangoFilterBackend):
    """Refuses a known name that is empty, given twice or junk; names that the FilterSet lacks are not looked at."""

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet[Any], view: Any) -> dict[str, Any]:
        known = {name: each.read_by for name, each in view.filterset_class.base_filters.items()}
        return {**super().get_filterset_kwargs(request, queryset, view), "data": texts_of(known, request)}
