"""POST /trading/preview, in and out."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import PlainDecimal, StrictSerializer
from groups.api.trades_serializers import GroupTradeInput
from trading.api.serializers import OrderInput
from trading.decisions import Step
from trading.models import OrderSide, OrderType


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}]})
class AlertInput(serializers.Field):
    """The bytes of an alert: its text, or an object that is the JSON of it."""

    def to_internal_value(self, data: Any) -> bytes:
        if not isinstance(data, str | Mapping):
            raise serializers.ValidationError("Must be the text of an alert, or an object.")
        text = data if isinstance(data, str) else json.dumps(data, default=str, ensure_ascii=False)
        raw = text.encode("utf-8", "surrogatepass")
        if len(raw) > settings.WEBHOOK_BODY_LIMIT:
            self.refuse_length()
        return raw

    def refuse_length(self) -> None:
        """Refuse an alert that no webhook takes. Raises ValidationError."""
        raise serializers.ValidationError(f"An alert is at most {settings.WEBHOOK_BODY_LIMIT} bytes.")

    def to_representation(self, value: bytes) -> str:
        return value.decode("utf-8", "backslashreplace")


class GroupTradePreviewInput(GroupTradeInput):
    """A group trade, and the group."""

    group_id = serializers.UUIDField()


class AlertPreviewInput(StrictSerializer):
    """An alert as it would be sent to a bot."""

    bot_id = serializers.UUIDField()
    body = AlertInput()


class PreviewInput(StrictSerializer):
    """One of an order, a group trade and an alert, each as its own door takes it."""

    exactly_one = (("order", "group_trade", "alert"),)

    order = OrderInput(required=False)
    group_trade = GroupTradePreviewInput(required=False)
    alert = AlertPreviewInput(required=False)


class PreviewedLegAnswer(serializers.Serializer):
    """One order; `price`, `notional` and `fee` are those of all of it, `filled_quantity` what this quote fills."""

    leg = serializers.IntegerField(source="order.leg")
    side = serializers.ChoiceField(choices=OrderSide.choices, source="order.side")
    order_type = serializers.ChoiceField(choices=OrderType.choices, source="order.order_type")
    quantity = PlainDecimal(source="order.quantity")
    leverage = serializers.IntegerField(source="order.leverage")
    reduce_only = serializers.BooleanField(source="order.reduce_only")
    price = PlainDecimal(source="ticket.terms.price")
    notional = PlainDecimal(source="ticket.terms.notional")
    fee = PlainDecimal(source="ticket.terms.commission")
    stop_loss = PlainDecimal(source="order.stop_loss", allow_null=True)
    take_profit = PlainDecimal(source="order.take_profit", allow_null=True)
    filled_quantity = PlainDecimal(source="order.filled_quantity")
    average_price = PlainDecimal(source="order.average_price", allow_null=True)


class PreviewedAccountAnswer(serializers.Serializer):
    """What would become of one account; `margin` is what the position and the order would tie up then."""

    account_id = serializers.UUIDField()
    account_name = serializers.CharField(allow_blank=True)
    decision = serializers.ChoiceField(choices=[step.value for step in Step])
    status = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    margin = PlainDecimal(allow_null=True)
    legs = PreviewedLegAnswer(many=True)
    checks = serializers.ListField(child=serializers.DictField())


class PreviewAnswer(serializers.Serializer):
    """What would become of all of it; `code` and `reason` where it is refused as a whole."""

    status = serializers.ChoiceField(choices=["accepted", "rejected"])
    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    symbol = serializers.CharField(allow_blank=True)
    side = serializers.CharField(allow_blank=True)
    success_count = serializers.IntegerField()
    error_count = serializers.IntegerField()
    results = PreviewedAccountAnswer(many=True)
