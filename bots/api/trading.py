"""What a bot's trading comes to, over HTTP: all of it ended, and what it earned."""

import uuid
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from bots.api.trading_serializers import BotPerformanceAnswer, BotTerminatedAnswer
from bots.models import Bot
from bots.selectors.bots import readable_bot, writable_bot
from bots.selectors.performance import performance_of_bot
from bots.services.terminate import BotTermination, terminate_bot, termination_so_far
from core.api.idempotency import Hold, idempotent_outside
from core.api.reading import read_body
from core.api.serializers import NoFields


def _terminated_by_now(view: "BotTradingViewSet", request: Request, run_id: UUID) -> Response:
    return _terminated(termination_so_far(writable_bot(user_of(request), view.kwargs["bot_id"])))


class BotTradingViewSet(viewsets.GenericViewSet):
    """Ends what bots have going, and tells what they earned."""

    queryset = Bot.objects.none()
    serializer_class = BotTerminatedAnswer
    permissions_needed = {"read": "bots.view_bot", "terminate": "trading.add_order"}

    @extend_schema(responses=BotPerformanceAnswer)
    def performance(self, request: Request, bot_id: UUID) -> Response:
        told = performance_of_bot(readable_bot(user_of(request), bot_id), now=timezone.now())
        return Response(BotPerformanceAnswer(told).data)

    @extend_schema(request=NoFields, responses=BotTerminatedAnswer)
    @idempotent_outside(_terminated_by_now)
    def terminate(self, request: Request, bot_id: UUID, *, hold: Hold | None) -> Response:
        bot, run_id = writable_bot(user_of(request), bot_id), uuid.uuid4()
        read_body(NoFields, request)

        def begun() -> None:
            if hold is not None:
                hold(run_id, None)

        return _terminated(terminate_bot(bot, run_id=run_id, clock=timezone.now, begun=begun))


def _terminated(termination: BotTermination) -> Response:
    return Response(BotTerminatedAnswer(termination).data)
