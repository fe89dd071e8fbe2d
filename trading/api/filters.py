"""How the lists of orders, signals, limits and alerts are narrowed."""

import django_filters
from rest_framework.serializers import BooleanField, CharField, UUIDField

from core.api.filters import FieldFilter
from core.api.serializers import any_case
from market.kinds import Kind
from market.selectors.instruments import find_instrument
from trading.models import LimitType, OrderStatus, ScopeType, Severity, SignalSource, SignalStatus
from trading.models.alerts import AlertQuerySet
from trading.models.querysets import OrderQuerySet


class OrderFilter(django_filters.FilterSet):
    bot_id = FieldFilter(UUIDField())
    account_id = FieldFilter(UUIDField())
    symbol = FieldFilter(CharField(max_length=64), method="of_instrument")
    category = FieldFilter(any_case(Kind), field_name="instrument__kind")
    status = FieldFilter(any_case(OrderStatus))

    def of_instrument(self, orders: OrderQuerySet, name: str, symbol: str) -> OrderQuerySet:
        return orders.filter(instrument=find_instrument(symbol, only_kind=self.form.cleaned_data["category"]))


class SignalFilter(django_filters.FilterSet):
    bot_id = FieldFilter(UUIDField())
    status = FieldFilter(any_case(SignalStatus))
    source = FieldFilter(any_case(SignalSource))


class LimitFilter(django_filters.FilterSet):
    scope_type = FieldFilter(any_case(ScopeType))
    scope_id = FieldFilter(UUIDField())
    limit_type = FieldFilter(any_case(LimitType))


class AlertFilter(django_filters.FilterSet):
    active = FieldFilter(BooleanField(), method="that_stand")
    severity = FieldFilter(any_case(Severity))
    acknowledged = FieldFilter(BooleanField(), method="that_were_seen")

    def that_stand(self, alerts: AlertQuerySet, name: str, active: bool) -> AlertQuerySet:
        return alerts.filter(cleared_at__isnull=active)

    def that_were_seen(self, alerts: AlertQuerySet, name: str, acknowledged: bool) -> AlertQuerySet:
        return alerts.filter(acknowledged_at__isnull=not acknowledged)
