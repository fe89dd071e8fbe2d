"""How the list of bots is narrowed."""

import django_filters

from bots.models import BotStatus
from core.api.filters import FieldFilter
from core.api.serializers import LowerCase, any_case


class BotFilter(django_filters.FilterSet):
    status = FieldFilter(any_case(BotStatus))
    exchange = FieldFilter(LowerCase(max_length=40))
