"""The doors of candles. Every role reads them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.permissions import EVERY_ROLE
from core.api.reading import read_query
from market.api.candles_serializers import CandlesAnswer, CandlesQuery, KlinesAnswer, KlinesQuery, shown
from market.api.views import SYMBOL
from market.models import Instrument
from market.selectors.instruments import find_instrument
from market.services.shown_candles import CandlePage, Wanted, candle_page, check_category


class CandleViewSet(viewsets.ViewSet):
    """Closed candles of one instrument, ascending; of an interval that is not stored they are made of lower ones."""

    permissions_needed = {"read": EVERY_ROLE}

    @extend_schema(parameters=[SYMBOL, KlinesQuery], responses=KlinesAnswer)
    def klines(self, request: Request, symbol: str) -> Response:
        query = read_query(KlinesQuery, request)
        instrument, page = _page(symbol, **query)
        answer = {"symbol": instrument.symbol, "interval": query["interval"], "data": shown(page.series)}
        return Response(KlinesAnswer(answer).data)

    @extend_schema(parameters=[SYMBOL, CandlesQuery], responses=CandlesAnswer)
    def list(self, request: Request, symbol: str) -> Response:
        query = read_query(CandlesQuery, request)
        _, page = _page(symbol, **query)
        place = {"limit": query["limit"], "offset": query["offset"]}
        return Response(CandlesAnswer({"items": shown(page.series), "total": page.total, **place}).data)


def _page(
    symbol: str, *, category: str | None = None, start: Any = None, end: Any = None, **which: Any
) -> tuple[Instrument, CandlePage]:
    check_category(category)
    instrument = find_instrument(symbol, only_kind=category)
    return instrument, candle_page(instrument, Wanted(start=start, end=end, **which), now=timezone.now())
