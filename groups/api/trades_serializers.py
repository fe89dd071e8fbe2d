"""Group trades, in and out."""

from decimal import Decimal
from typing import Any

from django.db import models
from rest_framework import serializers

from core.api.serializers import DecimalInput, StrictSerializer, any_case
from core.exact import MONEY_SCALE
from trading.api.closing_serializers import MarketOnly
from trading.api.distances import DistanceInput
from trading.api.serializers import ResultAnswer
from trading.decisions import IntentSide
from trading.models import SignalStatus


class TradeSide(models.TextChoices):
    """The words for a side; what closes takes the whole position of each account."""

    BUY = "buy"
    LONG = "long"
    SELL = "sell"
    SHORT = "short"
    CLOSE = "close"
    EXIT = "exit"
    FLAT = "flat"

    @property
    def intent_side(self) -> IntentSide:
        if self in (TradeSide.BUY, TradeSide.LONG):
            return IntentSide.BUY
        return IntentSide.SELL if self in (TradeSide.SELL, TradeSide.SHORT) else IntentSide.CLOSE


class GroupTradeInput(StrictSerializer):
    """One trade for every account of a group; `risk_percentage` is the share of equity that is used as margin."""

    symbol = serializers.CharField(max_length=64)
    side = any_case(TradeSide)
    order_type = any_case(MarketOnly, default=MarketOnly.MARKET)
    risk_percentage = DecimalInput(scale=MONEY_SCALE, most=Decimal(100), required=False, allow_null=True, default=None)
    leverage = serializers.IntegerField(min_value=1, max_value=100, default=1)
    take_profit = DistanceInput(required=False, allow_null=True, default=None)
    stop_loss = DistanceInput(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        closes = attrs["side"].intent_side is IntentSide.CLOSE
        if attrs["risk_percentage"] is None and not closes:
            raise serializers.ValidationError({"risk_percentage": ["Say which share of equity is used as margin."]})
        return {**attrs, "risk_percentage": None if closes else attrs["risk_percentage"]}


class GroupTradeAnswer(serializers.Serializer):
    """What became of a group trade, account by account."""

    correlation_id = serializers.UUIDField(source="id")
    status = serializers.ChoiceField(choices=SignalStatus.choices)
    success_count = serializers.IntegerField()
    error_count = serializers.IntegerField()
    results = ResultAnswer(many=True)
