"""Closing what accounts hold, in and out, in multi's shapes."""

from django.db import models
from rest_framework import serializers

from core.api.serializers import PlainDecimal, StrictSerializer, any_case
from trading.api.serializers import OrderAnswer
from trading.models import PositionSide


class MarketOnly(models.TextChoices):
    """The one type of order that closes at once."""

    MARKET = "market"


class CloseHeldInput(StrictSerializer):
    """The instrument whose position is to be closed."""

    symbol = serializers.CharField(max_length=64)
    order_type = any_case(MarketOnly, default=MarketOnly.MARKET)


class ClosedQuery(serializers.Serializer):
    """How many closed positions are wanted."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)


class ClosedPositionAnswer(serializers.Serializer):
    """A closed position; `pnl` is signed, before `fee` and funding."""

    id = serializers.UUIDField()
    account_id = serializers.UUIDField()
    instrument_id = serializers.UUIDField()
    symbol = serializers.CharField()
    side = serializers.ChoiceField(choices=PositionSide.choices)
    size = PlainDecimal()
    entry_price = PlainDecimal()
    exit_price = PlainDecimal()
    pnl = PlainDecimal(source="realized_pnl")
    fee = PlainDecimal()
    leverage = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField()


class ClosedAnswer(serializers.Serializer):
    """What became of closing a position; `success` says that it is closed."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    symbol = serializers.CharField()
    order = OrderAnswer()


class NotClosedAnswer(serializers.Serializer):
    """A position, or an order, that is still there, and why."""

    symbol = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    detail = serializers.CharField(source="reason")


class TerminatedAnswer(serializers.Serializer):
    """What became of terminating an account; `success` says that nothing is left."""

    success = serializers.BooleanField()
    terminated_positions = serializers.IntegerField()
    errors = NotClosedAnswer(many=True)  # type: ignore[assignment]
