"""Signals over HTTP: who asked for what, and what became of it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from accounts.models import User
from core.errors import Missing
from trading.api.filters import SignalFilter
from trading.api.serializers import SignalAnswer, SignalRow
from trading.models import Signal
from trading.selectors.results import results_of


class SignalViewSet(viewsets.GenericViewSet):
    """Signals that touched an account of who asks."""

    queryset = Signal.objects.none()
    serializer_class = SignalRow
    filterset_class = SignalFilter
    permissions_needed = {"read": "trading.view_signal"}

    @extend_schema(responses=SignalRow(many=True))
    def list(self, request: Request) -> Response:
        signals = Signal.objects.visible_to(user_of(request))
        page = self.paginate_queryset(self.filter_queryset(signals))
        return self.get_paginated_response(SignalRow(page, many=True).data)

    @extend_schema(responses=SignalAnswer)
    def retrieve(self, request: Request, correlation_id: UUID) -> Response:
        missing = Missing("There is no such signal.")
        signal = rights.readable(Signal.objects.all(), user_of(request), correlation_id, missing=missing)
        return signal_told(signal, seen_by=user_of(request))


def signal_told(signal: Any, *, seen_by: User) -> Response:
    """Answer with a signal and its results, those only that `seen_by` may read."""
    signal.results = results_of(signal, seen_by=seen_by)
    return Response(SignalAnswer(signal).data)
