"""How the list of instruments is narrowed."""

import django_filters
from rest_framework.serializers import CharField

from core.api.filters import FieldFilter
from core.api.serializers import any_case
from market.kinds import Kind, Status
from market.spelling import LONGEST


class InstrumentFilter(django_filters.FilterSet):
    symbol = FieldFilter(CharField(max_length=LONGEST, help_text="Part of a symbol."), lookup_expr="icontains")
    type = FieldFilter(any_case(Kind), field_name="kind")
    status = FieldFilter(any_case(Status))
