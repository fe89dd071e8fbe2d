"""Another try of a signal over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from bots.services.retry import retry_signal
from core.api.idempotency import Hold, idempotent_outside
from core.api.reading import read_body
from core.api.serializers import StrictSerializer
from core.errors import Missing
from trading.api.serializers import SignalAnswer
from trading.api.signals import signal_told
from trading.models import Signal
from trading.services.abandoned import signal_by_now


class RetryInput(StrictSerializer):
    """`force` retries what is older than the bot's max_lag; for admins."""

    force = serializers.BooleanField(default=False)


def _retried_by_now(view: "SignalRetryViewSet", request: Request, signal_id: UUID) -> Response:
    return signal_told(signal_by_now(signal_id, clock=timezone.now), seen_by=user_of(request))


class SignalRetryViewSet(viewsets.GenericViewSet):
    """Trades once more where a signal did not trade."""

    queryset = Signal.objects.none()
    serializer_class = SignalAnswer
    permissions_needed = {"create": "trading.add_order"}

    @extend_schema(request=RetryInput, responses=SignalAnswer)
    @idempotent_outside(_retried_by_now)
    def create(self, request: Request, correlation_id: UUID, *, hold: Hold | None) -> Response:
        missing = Missing("There is no such signal.")
        signal = rights.writable(Signal.objects.all(), user_of(request), correlation_id, missing=missing)
        force = read_body(RetryInput, request)["force"]

        def stored(opened: Signal) -> None:
            if hold is not None:
                hold(opened.pk, None)

        retried = retry_signal(signal, by=user_of(request), force=force, clock=timezone.now, stored=stored)
        return signal_told(retried, seen_by=user_of(request))
