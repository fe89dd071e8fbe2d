"""Orders, positions and signals, in and out."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import PlainDecimal, PriceInput, QuantityInput, StrictSerializer, any_case
from trading.models import (
    OrderOrigin,
    OrderSide,
    OrderStatus,
    OrderType,
    OutcomeStatus,
    PositionSide,
    Signal,
    SignalSource,
    SignalStatus,
    TimeInForce,
)


class OrderInput(StrictSerializer):
    """An order as asked: by `symbol` or `instrument_id`, `quantity` or `size`."""

    exactly_one = (("symbol", "instrument_id"), ("quantity", "size"))

    account_id = serializers.UUIDField(required=False)
    bot_id = serializers.UUIDField(required=False)
    symbol = serializers.CharField(max_length=64, required=False)
    instrument_id = serializers.UUIDField(required=False)
    side = any_case(OrderSide)
    order_type = any_case(OrderType, default=OrderType.MARKET)
    quantity = QuantityInput(required=False)
    size = QuantityInput(required=False)
    price = PriceInput(required=False, allow_null=True, default=None)
    stop_price = PriceInput(required=False, allow_null=True, default=None)
    leverage = serializers.IntegerField(min_value=1, max_value=100, default=1)
    stop_loss = PriceInput(required=False, allow_null=True, default=None)
    take_profit = PriceInput(required=False, allow_null=True, default=None)
    time_in_force = any_case(TimeInForce, default=TimeInForce.GTC)
    reduce_only = serializers.BooleanField(default=False)
    post_only = serializers.BooleanField(default=False)
    client_order_id = serializers.RegexField(r"^[A-Za-z0-9._-]{1,36}$", required=False, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["quantity_called"] = "size" if "size" in attrs else "quantity"
        attrs["quantity"] = attrs.pop("size", None) or attrs["quantity"]
        return attrs


class OrderAnswer(serializers.Serializer):
    """An order; `quantity` and `size` are the same number."""

    id = serializers.UUIDField()
    account_id = serializers.UUIDField()
    bot_id = serializers.UUIDField(allow_null=True)
    signal_id = serializers.UUIDField(allow_null=True)
    client_order_id = serializers.CharField()
    instrument_id = serializers.UUIDField()
    symbol = serializers.CharField(source="instrument.symbol")
    side = serializers.ChoiceField(choices=OrderSide.choices)
    order_type = serializers.ChoiceField(choices=OrderType.choices)
    quantity = PlainDecimal()
    size = PlainDecimal(source="quantity")
    price = PlainDecimal(allow_null=True)
    stop_price = PlainDecimal(allow_null=True)
    stop_loss = PlainDecimal(allow_null=True)
    take_profit = PlainDecimal(allow_null=True)
    leverage = serializers.IntegerField()
    time_in_force = serializers.CharField()
    reduce_only = serializers.BooleanField()
    post_only = serializers.BooleanField()
    origin = serializers.ChoiceField(choices=OrderOrigin.choices)
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    filled_quantity = PlainDecimal()
    average_price = PlainDecimal(allow_null=True)
    commission = PlainDecimal()
    reject_code = serializers.CharField()
    triggered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CancelAnswer(serializers.Serializer):
    """What became of a cancelled order: one at a venue may have been filled meanwhile, or be cancelled later."""

    message = serializers.CharField()
    order_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=OrderStatus.choices)


class PositionQuery(serializers.Serializer):
    """Filters of the list of positions."""

    is_open = serializers.BooleanField(required=False, allow_null=True, default=None)


class ExitsInput(StrictSerializer):
    """Exits that are to change; null takes one away."""

    stop_loss = PriceInput(required=False, allow_null=True)
    take_profit = PriceInput(required=False, allow_null=True)


class CloseInput(StrictSerializer):
    """A position that is to be closed, or `size` of it in base units."""

    position_id = serializers.UUIDField()
    size = QuantityInput(required=False, allow_null=True, default=None)


class PositionAnswer(serializers.Serializer):
    """A position, marked to the newest price while it is open."""

    id = serializers.UUIDField()
    account_id = serializers.UUIDField()
    instrument_id = serializers.UUIDField()
    symbol = serializers.CharField()
    side = serializers.ChoiceField(choices=PositionSide.choices)
    size = PlainDecimal()
    entry_price = PlainDecimal()
    current_price = PlainDecimal(allow_null=True)
    leverage = serializers.IntegerField()
    margin = PlainDecimal()
    stop_loss = PlainDecimal(allow_null=True)
    take_profit = PlainDecimal(allow_null=True)
    unrealized_pnl = PlainDecimal(allow_null=True)
    realized_pnl = PlainDecimal()
    pnl_percent = PlainDecimal(allow_null=True)
    is_open = serializers.BooleanField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    exit_price = PlainDecimal(allow_null=True)
    fee = PlainDecimal()


class ResultAnswer(serializers.Serializer):
    """What a signal became on one account; `timings` are milliseconds."""

    account_id = serializers.UUIDField()
    account_name = serializers.CharField()
    status = serializers.ChoiceField(choices=OutcomeStatus.choices)
    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    order_ids = serializers.ListField(child=serializers.UUIDField())
    quantity = PlainDecimal(allow_null=True)
    average_price = PlainDecimal(allow_null=True)
    timings = serializers.DictField()


class SignalRow(serializers.Serializer):
    """A signal in a list."""

    correlation_id = serializers.UUIDField(source="id")
    source = serializers.ChoiceField(choices=SignalSource.choices)  # type: ignore[assignment]
    bot_id = serializers.UUIDField(allow_null=True)
    group_id = serializers.UUIDField(allow_null=True)
    symbol = serializers.CharField()
    side = serializers.CharField()
    size = serializers.CharField()
    status = serializers.ChoiceField(choices=SignalStatus.choices)
    code = serializers.CharField()
    reason = serializers.CharField()
    success_count = serializers.IntegerField()
    error_count = serializers.IntegerField()
    retry_of = serializers.UUIDField(source="retry_of_id", allow_null=True)
    mismatch = serializers.CharField()
    mismatch_reason = serializers.CharField()
    received_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class SignalAnswer(SignalRow):
    """A signal with its outcome on every account that may be seen."""

    position_before = serializers.CharField()
    position_after = serializers.CharField()
    size_before = PlainDecimal(allow_null=True)
    size_after = PlainDecimal(allow_null=True)
    fired_at = serializers.DateTimeField(allow_null=True)
    intent = serializers.SerializerMethodField()
    results = ResultAnswer(many=True)

    def get_intent(self, signal: Signal) -> dict[str, Any]:
        """Return what was asked of all; how single accounts size it stands in their own outcomes."""
        return {name: value for name, value in signal.intent.items() if name != "account_sizes"}
