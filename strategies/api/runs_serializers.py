"""What backtests and sweeps have in common, in and out."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import (
    AnyCaseName,
    DecimalInput,
    FreeObject,
    MomentInput,
    MoneyInput,
    QuantityInput,
    StrictSerializer,
    any_case,
)
from core.exact import RATE_SCALE
from market.api.candles_serializers import IntervalInput
from market.intervals import Interval
from market.kinds import Kind
from market.spelling import LONGEST
from strategies.models import RunStatus
from strategies.run_settings import MODES, SLIPPAGE_MODELS, shown_settings

PERCENT_DECIMALS = 6
MOST_PERCENT = Decimal(10_000)
MOST_SEED = 2**31 - 1


class RateInput(DecimalInput):
    """A fraction, at most 1, 10 decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(scale=RATE_SCALE, most=Decimal(1), zero=True, **kwargs)


class PercentInput(DecimalInput):
    """A percent of more than 0, 6 decimals."""

    def __init__(self, *, most: Decimal = MOST_PERCENT, **kwargs: Any) -> None:
        super().__init__(scale=PERCENT_DECIMALS, most=most, **kwargs)


class ConfigInput(serializers.Serializer):
    """How a run trades. What is not given is the instrument's own, as on paper accounts; other names are passed over.

    `size` is in base units of a fixed one, else a percent: of equity as margin (95), or of equity lost at the stop (1).
    Rates are fractions, exits percents from the entry.
    """

    initial_capital = MoneyInput(required=False, default=Decimal(10_000))
    mode = AnyCaseName(choices=MODES, required=False, default="percent_equity")
    size = QuantityInput(required=False, allow_null=True)
    commission_rate = RateInput(required=False, allow_null=True)
    min_commission = MoneyInput(zero=True, required=False, allow_null=True)
    slippage_model = AnyCaseName(choices=SLIPPAGE_MODELS, required=False, default="size_relative")
    slippage = RateInput(required=False, allow_null=True)
    spread = RateInput(required=False, allow_null=True)
    leverage = serializers.IntegerField(min_value=1, max_value=1_000, required=False, default=1)
    stop_loss = PercentInput(most=Decimal(100), required=False, allow_null=True)
    take_profit = PercentInput(required=False, allow_null=True)
    allow_short = serializers.BooleanField(required=False, allow_null=True)
    seed = serializers.IntegerField(min_value=0, max_value=MOST_SEED, required=False, default=0)
    allow_gaps = serializers.BooleanField(
        required=False, default=False, help_text="Run on the candles that there are, though some are missing."
    )


class RunInput(StrictSerializer):
    """Candles that open from `start_date` to before `end_date`; a date alone is its first second, or its last."""

    exactly_one = (("strategy_id", "rule"),)

    strategy_id = serializers.UUIDField(required=False)
    rule = serializers.CharField(max_length=64, required=False, help_text="A name of /strategies/catalogue.")
    symbol = serializers.CharField(max_length=LONGEST)
    category = any_case(Kind, required=False)
    interval = IntervalInput(required=False, default=Interval.H1)
    start_date = MomentInput()
    end_date = MomentInput(end_of_day=True)
    config = ConfigInput(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "config" not in attrs:
            attrs["config"] = ConfigInput().run_validation({})
        return attrs


class BacktestInput(RunInput):
    """A backtest: `parameters` over the strategy's, or over the defaults of the rule."""

    parameters = FreeObject(required=False, default=dict)


class EndingQuery(serializers.Serializer):
    """How far a DELETE may go: `only_cancel` leaves a run that is over where it is."""

    only_cancel = serializers.BooleanField(default=False)


class RunConfig(serializers.Serializer):
    """How a run trades, whole."""

    initial_capital = serializers.CharField()
    mode = serializers.ChoiceField(choices=MODES)
    size = serializers.CharField()
    commission_rate = serializers.CharField()
    min_commission = serializers.CharField()
    slippage_model = serializers.ChoiceField(choices=SLIPPAGE_MODELS)
    slippage = serializers.CharField()
    spread = serializers.CharField()
    leverage = serializers.IntegerField()
    stop_loss = serializers.CharField(allow_null=True)
    take_profit = serializers.CharField(allow_null=True)
    allow_short = serializers.BooleanField()
    seed = serializers.IntegerField()
    allow_gaps = serializers.BooleanField()


class RunAnswer(serializers.Serializer):
    """A run, and how far it is."""

    id = serializers.UUIDField()
    strategy_id = serializers.UUIDField(allow_null=True)
    rule = serializers.CharField()
    symbol = serializers.CharField(source="instrument.symbol")
    instrument_id = serializers.UUIDField()
    interval = serializers.ChoiceField(choices=Interval.choices)
    start_date = serializers.DateTimeField(source="start")
    end_date = serializers.DateTimeField(source="end")
    parameters = serializers.DictField()
    config = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    progress_percent = serializers.FloatField()
    error_code = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(RunConfig)
    def get_config(self, run: Any) -> dict[str, Any]:
        return shown_settings(run.settings)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        told = super().to_representation(instance)
        return told | {name: told[name] or None for name in ("error_code", "error")}
