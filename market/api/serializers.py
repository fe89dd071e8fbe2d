"""What the market's doors take and answer."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import PlainDecimal, any_case
from market.kinds import Kind, Status
from market.spelling import LONGEST


class InstrumentAnswer(serializers.Serializer):
    """One instrument; rates are fractions."""

    id = serializers.UUIDField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    venue = serializers.CharField()
    type = serializers.ChoiceField(choices=Kind.choices, source="kind")
    status = serializers.ChoiceField(choices=Status.choices)
    base = serializers.CharField()
    quote = serializers.CharField()
    settle = serializers.CharField()
    tick_size = PlainDecimal()
    lot_size = PlainDecimal()
    min_quantity = PlainDecimal()
    min_notional = PlainDecimal()
    contract_size = PlainDecimal(help_text="Base units of one contract; quote units on inverse markets.")
    max_leverage = serializers.IntegerField()
    spread = PlainDecimal()
    slippage = PlainDecimal()
    size_unit = PlainDecimal()
    commission_rate = PlainDecimal()
    min_commission = PlainDecimal()
    maintenance_margin_rate = PlainDecimal()
    allows_short = serializers.BooleanField()
    stale_after_seconds = serializers.IntegerField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When it is delivered; null: never.")
    created_at = serializers.DateTimeField()


class CategoryQuery(serializers.Serializer[Any]):
    """Which kind of market is meant, where a name is not enough."""

    category = any_case(Kind, required=False, help_text="Only a market of this kind.")


class PriceQuery(CategoryQuery):
    """The market whose price is asked for."""

    symbol = serializers.CharField(max_length=LONGEST, help_text="In any common spelling.")


class TickerAnswer(serializers.Serializer):
    """The newest price; `price` is the last trade's, `timestamp` the moment it is from."""

    symbol = serializers.CharField()
    price = PlainDecimal()
    bid = PlainDecimal()
    ask = PlainDecimal()
    timestamp = serializers.DateTimeField()
    age_seconds = serializers.FloatField()
    stale = serializers.BooleanField(help_text="Too old to trade on.")
