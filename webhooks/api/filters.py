"""How the list of deliveries is narrowed."""

import django_filters
from rest_framework.serializers import UUIDField

from core.api.filters import FieldFilter
from core.api.serializers import any_case
from webhooks.models import DeliveryStatus


class DeliveryFilter(django_filters.FilterSet):
    bot_id = FieldFilter(UUIDField())
    status = FieldFilter(any_case(DeliveryStatus))
