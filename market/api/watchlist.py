"""The platform's watchlist over HTTP: one list for all, changed by admins and traders."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from core.api.reading import read_body, read_query
from core.api.serializers import PlainDecimal, StrictSerializer
from market.api.serializers import CategoryQuery, PriceQuery
from market.api.views import SYMBOL
from market.kinds import Kind
from market.models import WatchlistEntry
from market.quotes import Quote, latest_quotes
from market.selectors.instruments import find_instrument
from market.services.watchlist import stop_watching, watch


class WatchlistInput(StrictSerializer, PriceQuery):
    """The market to keep an eye on."""


class WatchlistAnswer(serializers.Serializer):
    """One instrument on the list; `price` is its last one, null where there is none."""

    id = serializers.UUIDField(source="entry.id")
    instrument_id = serializers.UUIDField(source="entry.instrument_id")
    symbol = serializers.CharField(source="entry.instrument.symbol")
    category = serializers.ChoiceField(choices=Kind.choices, source="entry.instrument.kind")
    price = PlainDecimal(source="quote.last", default=None, allow_null=True)
    added_by = serializers.CharField(source="entry.added_by.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField(source="entry.created_at")


@dataclass(frozen=True, slots=True)
class Watched:
    """An entry with its instrument's newest quote."""

    entry: WatchlistEntry
    quote: Quote | None


class WatchlistViewSet(viewsets.GenericViewSet):
    """The instruments that somebody keeps an eye on, the newest first."""

    queryset = WatchlistEntry.objects.select_related("instrument", "added_by").order_by("-created_at", "id")
    serializer_class = WatchlistAnswer
    permissions_needed = {
        "read": "market.view_watchlistentry",
        "create": "market.add_watchlistentry",
        "destroy": "market.delete_watchlistentry",
    }

    @extend_schema(responses=WatchlistAnswer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(WatchlistAnswer(_with_quotes(page), many=True).data)

    @extend_schema(request=WatchlistInput, responses={201: WatchlistAnswer})
    def create(self, request: Request) -> Response:
        asked = read_body(WatchlistInput, request)
        instrument = find_instrument(asked["symbol"], only_kind=asked.get("category"))
        entry = watch(instrument, added_by=user_of(request), now=timezone.now())
        return Response(WatchlistAnswer(_with_quotes([entry])[0]).data, status=201)

    @extend_schema(parameters=[SYMBOL, CategoryQuery], responses={204: None})
    def destroy(self, request: Request, symbol: str) -> Response:
        category = read_query(CategoryQuery, request).get("category")
        stop_watching(find_instrument(symbol, only_kind=category))
        return Response(status=204)


def _with_quotes(entries: list[WatchlistEntry]) -> list[Any]:
    quotes = latest_quotes([entry.instrument for entry in entries], now=timezone.now())
    return [Watched(entry, quotes.get(entry.instrument_id)) for entry in entries]
