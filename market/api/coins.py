"""The doors of the coin listings: everybody reads them, five minutes from memory; some may have them synced."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.reading import read_query, read_query_or_body
from core.api.serializers import ErrorAnswer
from core.errors import Invalid
from market.api.coin_serializers import (
    CoinAnswer,
    CoinQuery,
    CoinRow,
    HistoryQuery,
    ListingsSyncAnswer,
    ListingsSyncInput,
    SnapshotAnswer,
)
from market.listings.answers import find_answer, keep_answer
from market.models import Coin
from market.selectors.coins import TopCategory, coin_history, coins, find_coin, top_coins
from market.services.listings import sync_listings

SYMBOL = OpenApiParameter(
    "symbol",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="Of coins that share it the highest ranked; or a slug.",
)
CATEGORY = OpenApiParameter("category", OpenApiTypes.STR, OpenApiParameter.PATH, enum=TopCategory.values)

Read = Callable[..., HttpResponseBase]


def kept(read: Read) -> Read:
    """Answer JSON as it was rendered before, where nothing has changed since. Other forms are made each time."""

    @wraps(read)
    def answer(self: Any, request: Any, **named: str) -> HttpResponseBase:
        if not isinstance(request.accepted_renderer, JSONRenderer) or request.accepted_renderer.format != "json":
            return read(self, request, **named)
        place = find_answer(request.get_full_path())
        if place is not None and place.body is not None:
            return HttpResponse(place.body, content_type=JSONRenderer.media_type)
        response: Any = read(self, request, **named)
        if place is not None:
            response.add_post_render_callback(lambda rendered: keep_answer(place, rendered.content))
        return response

    return answer


class CoinViewSet(viewsets.GenericViewSet):
    """Coins as the listing services tell of them. A list leaves the description out."""

    queryset = Coin.objects.all()
    serializer_class = CoinRow
    authentication_classes = ()
    permission_classes = (AllowAny,)
    filter_backends = ()

    @extend_schema(parameters=[CoinQuery], responses=CoinRow(many=True))
    @kept
    def list(self, request: Request) -> Response:
        return self._page(coins(**read_query(CoinQuery, request)))

    @extend_schema(parameters=[SYMBOL], responses=CoinAnswer)
    @kept
    def retrieve(self, request: Request, symbol: str) -> Response:
        return Response(CoinAnswer(find_coin(symbol), context={"now": timezone.now()}).data)

    @extend_schema(parameters=[SYMBOL, HistoryQuery], responses=SnapshotAnswer(many=True))
    @kept
    def history(self, request: Request, symbol: str) -> Response:
        asked = read_query(HistoryQuery, request)
        page = self.paginate_queryset(coin_history(find_coin(symbol), **asked))
        return self.get_paginated_response(SnapshotAnswer(page, many=True).data)

    @extend_schema(parameters=[CATEGORY], responses=CoinRow(many=True))
    @kept
    def top(self, request: Request, category: str) -> Response:
        return self._page(top_coins(_category(category)))

    def _page(self, rows: QuerySet[Coin]) -> Response:
        page = self.paginate_queryset(rows.defer("description"))
        return self.get_paginated_response(CoinRow(page, many=True, context={"now": timezone.now()}).data)


class CoinSyncViewSet(viewsets.ViewSet):
    """Has the listing services asked now."""

    permissions_needed = {"write": "market.sync_coin"}
    rate_scope = "sync"

    @extend_schema(request=ListingsSyncInput, responses={200: ListingsSyncAnswer, 503: ErrorAnswer})
    def create(self, request: Request) -> Response:
        asked = read_query_or_body(ListingsSyncInput, request)
        return Response(ListingsSyncAnswer(sync_listings(**asked, clock=timezone.now)).data)


def _category(text: str) -> TopCategory:
    if text.lower() not in TopCategory.values:
        raise Invalid(f"category is one of: {', '.join(TopCategory.values)}.", field="category")
    return TopCategory(text.lower())
