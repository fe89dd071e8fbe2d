"""The log over HTTP: what programs did and thought, as they like to put it."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from core.api.reading import read_body
from core.api.serializers import FreeValue, StrictSerializer
from market.spelling import LONGEST
from strategies.api.filters import LogFilter
from strategies.models import LogEntry
from strategies.services.log import write_log


class LogInput(StrictSerializer):
    """What was done or found about a symbol; `action` and `analysis` are any JSON."""

    symbol = serializers.CharField(max_length=LONGEST)
    action = FreeValue(required=False, allow_null=True, default=None)
    analysis = FreeValue(required=False, allow_null=True, default=None)


class LogAnswer(serializers.Serializer):
    """One entry."""

    id = serializers.UUIDField()
    symbol = serializers.CharField()
    action = FreeValue(allow_null=True)
    analysis = FreeValue(allow_null=True)
    created_at = serializers.DateTimeField()


class LogViewSet(viewsets.GenericViewSet):
    """Entries of who asks, the newest first."""

    queryset = LogEntry.objects.none()
    serializer_class = LogAnswer
    filterset_class = LogFilter
    permissions_needed = {"read": "strategies.view_logentry", "create": "strategies.add_logentry"}

    @extend_schema(responses=LogAnswer(many=True))
    def list(self, request: Request) -> Response:
        entries = LogEntry.objects.visible_to(user_of(request))
        page = self.paginate_queryset(self.filter_queryset(entries)) or []
        return self.get_paginated_response(LogAnswer(page, many=True).data)

    @extend_schema(request=LogInput, responses={201: LogAnswer})
    def create(self, request: Request) -> Response:
        entry = write_log(owner=user_of(request), **read_body(LogInput, request), now=timezone.now())
        return Response(LogAnswer(entry).data, status=201)

    @extend_schema(responses=serializers.ListSerializer(child=serializers.CharField()), filters=False)
    def symbols(self, request: Request) -> Response:
        """Answer with each symbol that has entries, once, in order."""
        symbols = LogEntry.objects.visible_to(user_of(request)).order_by("symbol").values_list("symbol", flat=True)
        return self.get_paginated_response(list(self.paginate_queryset(symbols.distinct()) or []))
