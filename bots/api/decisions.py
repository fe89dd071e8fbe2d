"""What bots' strategies decided, over HTTP."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import user_of
from bots.models import Bot, BotDecision
from bots.selectors.bots import readable_bot
from bots.selectors.decisions import decisions_of, last_decision
from core.api.serializers import PlainFloat
from market.intervals import Interval


class DecidedCandle(serializers.Serializer):
    """The candle that a decision was made at; all null where it could not be had."""

    open = PlainFloat()
    high = PlainFloat()
    low = PlainFloat()
    close = PlainFloat()
    volume = PlainFloat()


class DecisionAnswer(serializers.Serializer):
    """What a strategy decided at the close of a candle: the position wanted, from -1 to 1 of the bot's size.

    `signal_id` is the correlation id of the signal that it sent; where it sent none, `code` and `reason` say why:
    UNCHANGED, MISSED (the desk was away), STALE (older than the bot trades), NO_CANDLES, RULE_FAILED …
    """

    symbol = serializers.CharField()
    interval = serializers.ChoiceField(choices=Interval.choices)
    opened_at = serializers.DateTimeField()
    rule = serializers.CharField()
    target = serializers.FloatField(allow_null=True)
    signal_id = serializers.UUIDField(allow_null=True)
    code = serializers.CharField()
    reason = serializers.CharField()
    candle = DecidedCandle()
    decided_at = serializers.DateTimeField()


class BotDecisionViewSet(viewsets.GenericViewSet):
    """Decisions of a bot, the newest candle first."""

    queryset = BotDecision.objects.none()
    serializer_class = DecisionAnswer
    permissions_needed = {"read": "bots.view_bot"}

    @extend_schema(responses=DecisionAnswer(many=True))
    def list(self, request: Request, bot_id: UUID) -> Response:
        page = self.paginate_queryset(decisions_of(readable_bot(user_of(request), bot_id))) or []
        return self.get_paginated_response([decision_data(decision) for decision in page])


def decision_data(decision: BotDecision) -> dict[str, Any]:
    """Return a decision as the API shows it."""
    nothing = dict.fromkeys(DecidedCandle().fields)
    decision.candle = nothing | decision.candle
    return dict(DecisionAnswer(decision).data)


def last_decision_data(bot: Bot) -> dict[str, Any] | None:
    """Return the newest decision of a bot as the API shows it; None where it has made none."""
    decision = last_decision(bot)
    return None if decision is None else decision_data(decision)
