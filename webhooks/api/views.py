"""The webhook, and the record of everything that came to it."""

import logging
import uuid
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.authentication import user_of
from core.addresses import client_address, counted_address
from core.api.answers import told, told_schema
from core.errors import Malformed, Missing, TooLarge
from core.limits import hit, require_room
from core.waiting import place_to_wait, waiter
from webhooks.api.filters import DeliveryFilter
from webhooks.api.serializers import AlertAnswer, AlertBody, DeliveryAnswer, DeliveryRow
from webhooks.models import Delivery
from webhooks.reading.alerts import Reason
from webhooks.senders import UnknownSender, prove_sender
from webhooks.services.answers import answer_of, is_finished, original_of
from webhooks.services.inbox import Origin, note_answer, take
from webhooks.tasks import nudge

logger = logging.getLogger(__name__)

SIGNATURE = OpenApiParameter(
    "X-TradingView-Signature",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Hex HMAC-SHA256 of the raw body under the bot's key, for relays; the body names the bot.",
)
KEY = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH, description="The bot's webhook key.")
ALERT_SCHEMA = {"application/json": AlertBody, "text/plain": OpenApiTypes.STR}
TEST_SCHEMA = told_schema("WebhookTest", timestamp=serializers.DateTimeField(), correlation_id=serializers.UUIDField())


class AnyBody(BaseParser):
    """Takes every content type: TradingView sends text/plain where a body is not JSON."""

    media_type = "*/*"

    def parse(self, stream: object, media_type: object = None, parser_context: object = None) -> dict[str, object]:
        return {}


class TimedAnswer(Response):
    """The answer to a delivery, which notes when it was out: after it, so that no sender waits for the note."""

    def __init__(self, delivery: Delivery, data: object) -> None:
        super().__init__(data)
        self.delivery = delivery

    def close(self) -> None:
        try:
            note_answer(self.delivery, now=timezone.now())
        except DatabaseError:
            logger.warning("when delivery %s was answered is not kept", self.delivery.correlation_id, exc_info=True)
        finally:
            super().close()


class WebhookViewSet(viewsets.ViewSet):
    """Where TradingView and relays post alerts. The sender is proved by the request itself."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (AnyBody,)

    @extend_schema(request=ALERT_SCHEMA, parameters=[SIGNATURE], responses=AlertAnswer)
    def tradingview(self, request: Request) -> Response:
        return _take_alert(request, "")

    @extend_schema(request=ALERT_SCHEMA, parameters=[KEY], responses=AlertAnswer)
    def tradingview_by_key(self, request: Request, key: str) -> Response:
        return _take_alert(request, key)

    @extend_schema(responses=TEST_SCHEMA)
    def test(self, request: Request) -> Response:
        data = {"timestamp": timezone.now(), "correlation_id": str(uuid.uuid4())}
        return told("Webhook endpoint is operational", data)


class DeliveryViewSet(viewsets.GenericViewSet):
    """Every request whose sender was proved."""

    queryset = Delivery.objects.none()
    serializer_class = DeliveryRow
    filterset_class = DeliveryFilter
    permissions_needed = {"read": "webhooks.view_delivery"}

    @extend_schema(responses=DeliveryRow(many=True))
    def list(self, request: Request) -> Response:
        deliveries = Delivery.objects.visible_to(user_of(request))
        rows = deliveries.defer("body").select_related("duplicate_of")
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(DeliveryRow(page, many=True).data)

    @extend_schema(responses=DeliveryAnswer)
    def retrieve(self, request: Request, correlation_id: UUID) -> Response:
        deliveries, missing = Delivery.objects.select_related("duplicate_of"), Missing("There is no such delivery.")
        found = rights.readable(deliveries, user_of(request), correlation_id, missing=missing, by="correlation_id")
        return Response(DeliveryAnswer(found).data)


def _take_alert(request: Request, url_key: str) -> Response:
    now = timezone.now()
    raw = _body(request)
    address = client_address(request)
    try:
        signature = request.headers.get("X-TradingView-Signature", "")
        sender = prove_sender(raw, url_key=url_key, signature=signature, now=now)
    except UnknownSender:
        logger.warning("a webhook request from %s proves no sender", address)
        require_room(hit("failed_proof", counted_address(request._request)))
        raise
    delivery = take(raw, sender=sender, origin=Origin(address, request.content_type or ""), now=now)
    original = original_of(delivery)
    _wait_for(original)
    told_so_far = answer_of(original)
    if told_so_far.code == Reason.NOT_TEXT:
        raise Malformed(f"{told_so_far.reason} It is kept as {told_so_far.correlation_id}.", code=told_so_far.code)
    return TimedAnswer(delivery, AlertAnswer(told_so_far).data)


def _body(request: Request) -> bytes:
    limit = settings.WEBHOOK_BODY_LIMIT
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge(f"An alert is at most {limit} bytes.")
    raw: bytes = request._request.body
    if len(raw) > limit:
        raise TooLarge(f"An alert is at most {limit} bytes.")
    return raw


def _wait_for(delivery: Delivery) -> None:
    """Nudge a worker and wait a little for it; listen first, or its word may be missed."""
    if is_finished(delivery):
        return
    with waiter(str(delivery.correlation_id)) as waiting, place_to_wait() as may_wait:
        if not waiting.hears:
            return  # the sweep finds the row once Redis is back
        nudge(delivery.bot_id)
        if may_wait and not is_finished(delivery):
            waiting.wait(settings.WEBHOOK_WAIT_SECONDS)
