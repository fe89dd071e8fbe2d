"""Strategies and trade strategies, in and out."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import FreeObject, StrictSerializer, any_case
from market.api.candles_serializers import IntervalInput
from market.intervals import Interval
from market.kinds import Kind
from market.spelling import LONGEST
from strategies.models import Strategy, TradeStrategy


class StrategyInput(StrictSerializer):
    """A strategy; without a rule it is only a name, decided on elsewhere."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    rule = serializers.CharField(
        max_length=64, required=False, allow_blank=True, default="", help_text="A name of /strategies/catalogue."
    )
    parameters = FreeObject(required=False, default=dict, help_text="Those of the rule; others have their defaults.")


class StrategyAnswer(serializers.Serializer):
    """A strategy; `parameters` are whole."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    rule = serializers.CharField()
    parameters = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TradeStrategyInput(StrictSerializer):
    """Where a strategy is traded."""

    symbol = serializers.CharField(max_length=LONGEST)
    category = any_case(Kind, required=False)
    strategy_id = serializers.UUIDField()
    interval = IntervalInput(required=False, default=Interval.H1)


class TradeStrategyAnswer(serializers.Serializer):
    """Where a strategy is traded."""

    id = serializers.UUIDField()
    strategy_id = serializers.UUIDField()
    strategy = serializers.CharField(source="strategy.slug", help_text="Its slug.")
    instrument_id = serializers.UUIDField()
    symbol = serializers.CharField(source="instrument.symbol")
    interval = serializers.ChoiceField(choices=Interval.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RuleAnswer(serializers.Serializer):
    """A rule of the catalogue; `parameters` is the JSON Schema of an object of its parameters."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    parameters = serializers.DictField()


def strategy_data(strategy: Strategy) -> dict[str, Any]:
    """Return a strategy as the API shows it."""
    return dict(StrategyAnswer(strategy).data)


def trade_strategy_data(row: TradeStrategy) -> dict[str, Any]:
    """Return a trade strategy as the API shows it."""
    return dict(TradeStrategyAnswer(row).data)
