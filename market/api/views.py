"""The market's doors: instruments and their prices. Every role reads them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import EVERY_ROLE
from core.api.reading import read_query
from market.api.filters import InstrumentFilter
from market.api.serializers import CategoryQuery, InstrumentAnswer, PriceQuery, TickerAnswer
from market.models import Instrument
from market.selectors.instruments import find_instrument
from market.services.quotes import fresh_ticker

SYMBOL = OpenApiParameter("symbol", OpenApiTypes.STR, OpenApiParameter.PATH, description="In any common spelling.")


@extend_schema_view(list=extend_schema(responses=InstrumentAnswer(many=True)))
class InstrumentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """What can be traded, in which steps and at what cost."""

    queryset = Instrument.objects.in_order()
    serializer_class = InstrumentAnswer
    filterset_class = InstrumentFilter
    permissions_needed = {"read": EVERY_ROLE}

    @extend_schema(parameters=[SYMBOL], responses=InstrumentAnswer)
    def retrieve(self, request: Request, symbol: str) -> Response:
        return Response(InstrumentAnswer(find_instrument(symbol)).data)


class TickerViewSet(viewsets.ViewSet):
    """The newest price of one instrument."""

    permissions_needed = {"read": EVERY_ROLE}

    @extend_schema(parameters=[SYMBOL, CategoryQuery], responses=TickerAnswer)
    def retrieve(self, request: Request, symbol: str) -> Response:
        return _answer_ticker(symbol, **read_query(CategoryQuery, request))

    @extend_schema(parameters=[PriceQuery], responses=TickerAnswer)
    def price(self, request: Request) -> Response:
        return _answer_ticker(**read_query(PriceQuery, request))


def _answer_ticker(symbol: str, category: str | None = None) -> Response:
    instrument = find_instrument(symbol, only_kind=category)
    answer: Any = fresh_ticker(instrument, clock=timezone.now)
    return Response(TickerAnswer(answer).data)
