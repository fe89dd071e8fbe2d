"""How the list of instruments is narrowed."""

from typing import Any

import django_filters
from django import forms

from market.kinds import Kind, Status
from market.models import Instrument
from market.spelling import LONGEST


class AnyCaseField(forms.ChoiceField):
    """A choice taken in any case; one that is not known is refused."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).strip().lower()


class AnyCaseFilter(django_filters.ChoiceFilter):
    field_class = AnyCaseField


class InstrumentFilter(django_filters.FilterSet):
    symbol = django_filters.CharFilter(lookup_expr="icontains", max_length=LONGEST, help_text="Part of a symbol.")
    type = AnyCaseFilter(field_name="kind", choices=Kind.choices)
    status = AnyCaseFilter(choices=Status.choices)

    class Meta:
        model = Instrument
        fields: tuple[str, ...] = ()
