"""How the lists are narrowed."""

import django_filters
from rest_framework import serializers

from core.api.filters import FieldFilter
from core.api.serializers import MomentInput, any_case
from market.spelling import LONGEST
from strategies.models import RunStatus


class StrategyFilter(django_filters.FilterSet):
    rule = FieldFilter(serializers.CharField(max_length=64))
    slug = FieldFilter(serializers.CharField(max_length=120))


class TradeStrategyFilter(django_filters.FilterSet):
    strategy_id = FieldFilter(serializers.UUIDField())
    symbol = FieldFilter(serializers.CharField(max_length=LONGEST), field_name="instrument__symbol")


class RunFilter(django_filters.FilterSet):
    status = FieldFilter(any_case(RunStatus))
    strategy_id = FieldFilter(serializers.UUIDField())
    symbol = FieldFilter(serializers.CharField(max_length=LONGEST), field_name="instrument__symbol")


class LogFilter(django_filters.FilterSet):
    symbol = FieldFilter(serializers.CharField(max_length=LONGEST, help_text="A part of it."), lookup_expr="icontains")
    start_date = FieldFilter(MomentInput(help_text="Not before."), field_name="created_at", lookup_expr="gte")
    end_date = FieldFilter(
        MomentInput(end_of_day=True, help_text="Not after."), field_name="created_at", lookup_expr="lte"
    )
