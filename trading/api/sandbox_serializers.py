"""The sandbox's round trips, in and out."""

from rest_framework import serializers

from core.api.serializers import MoneyInput, PlainDecimal, QuantityInput, StrictSerializer, any_case
from trading.selectors.round_trips import RoundTripStatus


class PurchaseInput(StrictSerializer):
    """A buy of `quantity` base units, or for `amount` of quote currency."""

    exactly_one = (("quantity", "amount"),)

    symbol = serializers.CharField(max_length=64)
    quantity = QuantityInput(required=False)
    amount = MoneyInput(required=False)


class SaleInput(StrictSerializer):
    """What is to be sold again."""

    symbol = serializers.CharField(max_length=64)


class RoundTripQuery(serializers.Serializer):
    """Filters of the list of round trips."""

    symbol = serializers.CharField(max_length=64, required=False)
    status = any_case(RoundTripStatus, required=False)


class RoundTripAnswer(serializers.Serializer):
    """A round trip; `profit_loss` is net of fees, and null where there is no price."""

    id = serializers.UUIDField()
    symbol = serializers.CharField()
    quantity = PlainDecimal()
    buy_price = PlainDecimal()
    sell_price = PlainDecimal(allow_null=True)
    amount = PlainDecimal()
    profit_loss = PlainDecimal(allow_null=True)
    profit_loss_percent = PlainDecimal(allow_null=True)
    status = serializers.ChoiceField(choices=RoundTripStatus.choices)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class AggregatesAnswer(serializers.Serializer):
    """All round trips of the list together, whatever page of it is shown; `win_rate` in percent."""

    total_profit_loss = PlainDecimal(allow_null=True)
    realized = PlainDecimal()
    unrealized = PlainDecimal(allow_null=True)
    active = serializers.IntegerField()
    closed = serializers.IntegerField()
    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    win_rate = PlainDecimal(allow_null=True)
    fees = PlainDecimal()


class RoundTripsAnswer(serializers.Serializer):
    """A page of round trips, and what all of them come to."""

    items = RoundTripAnswer(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    aggregates = AggregatesAnswer()
