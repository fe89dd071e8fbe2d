"""How the lists of orders and signals are narrowed."""

import django_filters
from rest_framework.serializers import CharField, UUIDField

from core.api.filters import FieldFilter
from core.api.serializers import any_case
from market.selectors import find_instrument
from trading.models import OrderStatus, SignalSource, SignalStatus
from trading.models.querysets import OrderQuerySet


class OrderFilter(django_filters.FilterSet):
    bot_id = FieldFilter(UUIDField())
    account_id = FieldFilter(UUIDField())
    symbol = FieldFilter(CharField(max_length=64), method="of_instrument")
    status = FieldFilter(any_case(OrderStatus))

    def of_instrument(self, orders: OrderQuerySet, name: str, symbol: str) -> OrderQuerySet:
        return orders.filter(instrument=find_instrument(symbol))


class SignalFilter(django_filters.FilterSet):
    bot_id = FieldFilter(UUIDField())
    status = FieldFilter(any_case(SignalStatus))
    source = FieldFilter(any_case(SignalSource))
