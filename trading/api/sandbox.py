"""The sandbox's /order: round trips on the caller's default paper account."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from accounts.selectors.trading_accounts import default_account
from core.api.idempotency import idempotent
from core.api.reading import read_query, read_query_or_body
from market.selectors.instruments import find_instrument
from trading.api.sandbox_serializers import (
    AggregatesAnswer,
    PurchaseInput,
    RoundTripAnswer,
    RoundTripQuery,
    RoundTripsAnswer,
    SaleInput,
)
from trading.models import Position
from trading.selectors.round_trips import aggregates_of, marked_round_trips, round_trips_of
from trading.services.round_trips import Purchase, buy, sell


class RoundTripViewSet(viewsets.GenericViewSet):
    """Round trips of who asks, on their own default paper account and no other."""

    queryset = Position.objects.none()
    serializer_class = RoundTripAnswer
    permissions_needed = {"read": "trading.view_position", "write": "trading.add_order"}

    @extend_schema(parameters=[RoundTripQuery], responses=RoundTripsAnswer)
    def list(self, request: Request) -> Response:
        asked, now = read_query(RoundTripQuery, request), timezone.now()
        account = default_account(user_of(request))
        instrument = find_instrument(asked["symbol"]) if "symbol" in asked else None
        positions = round_trips_of(account, instrument=instrument, status=asked.get("status"))
        page = marked_round_trips(self.paginate_queryset(positions) or [], now=now)
        answer = self.get_paginated_response(RoundTripAnswer(page, many=True).data)
        answer.data["aggregates"] = AggregatesAnswer(aggregates_of(positions, now=now)).data
        return answer

    @extend_schema(request=PurchaseInput, responses={201: RoundTripAnswer})
    @idempotent
    def create(self, request: Request) -> Response:
        asked = read_query_or_body(PurchaseInput, request)
        account = default_account(user_of(request))
        purchase = Purchase(find_instrument(asked["symbol"]), asked.get("quantity"), asked.get("amount"))
        return Response(_answer(buy(account, purchase=purchase, clock=timezone.now)), status=201)

    @extend_schema(parameters=[SaleInput], responses={200: RoundTripAnswer})
    def destroy(self, request: Request) -> Response:
        asked = read_query_or_body(SaleInput, request)
        account = default_account(user_of(request))
        instrument = find_instrument(asked["symbol"])
        return Response(_answer(sell(account, instrument=instrument, clock=timezone.now)))


def _answer(position: Position) -> dict[str, Any]:
    [trip] = marked_round_trips([position], now=timezone.now())
    return dict(RoundTripAnswer(trip).data)
