"""Sweeps, in and out: what is tried, what was best, and what became of it on candles that nobody chose on."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import AnyCaseName, FreeObject, Percent, Ratio, StrictSerializer
from strategies.api.backtests_serializers import Amount, CoverageAnswer, EarningsAnswer, Moment, PointAnswer, at, money
from strategies.api.runs_serializers import PercentInput, RunAnswer, RunInput
from strategies.sweep.plan import GRID, RANDOM, RANKED_BY, SweepPlan

MOST_WINDOWS = 50
MOST_SAMPLES = 1_000_000
_HUNDRED = Decimal(100)


@extend_schema_field({"type": "string", "format": "decimal", "example": "1.82", "nullable": True})
class FigureOfRank(serializers.ReadOnlyField):
    """The figure that a sweep is ranked by, as that figure is said elsewhere; falls above zero."""

    def to_representation(self, value: float | None) -> str | None:
        told: str | None = _SAID[self.context["rank_by"]].to_representation(value)
        return told


class GapOfRank(FigureOfRank):
    """What that figure promised too much, above zero where it did, of falls too."""

    def to_representation(self, value: float | None) -> str | None:
        is_fall = self.context["rank_by"] == "max_drawdown"
        return Percent().to_representation(value) if is_fall else super().to_representation(value)


class WholeNumber(serializers.IntegerField):
    """A count that a float holds, null where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)


class WalkForwardInput(StrictSerializer):
    """Windows behind each other, each traded with the set that was best on so many steps of its length before it, or,
    anchored, on all that is before it.
    """

    windows = serializers.IntegerField(min_value=1, max_value=MOST_WINDOWS)
    inside_steps = serializers.IntegerField(min_value=1, max_value=MOST_WINDOWS, required=False, default=3)
    anchored = serializers.BooleanField(required=False, default=False)


class SweepInput(RunInput):
    """A sweep. A parameter is one value, a list of values, or a range: `{"from", "to", "step"}`.

    `samples` is how many sets a random method draws, by the seed of `config`. The last `out_of_sample` percent of the
    candles are only looked at after ranking. `heat_map` names two parameters that vary.
    """

    parameters = FreeObject(required=False, default=dict)
    method = AnyCaseName(choices=(GRID, RANDOM), required=False, default=GRID)
    samples = serializers.IntegerField(min_value=1, max_value=MOST_SAMPLES, required=False)
    rank_by = AnyCaseName(choices=RANKED_BY, required=False, default=RANKED_BY[0])
    out_of_sample = PercentInput(most=Decimal(90), required=False)
    walk_forward = WalkForwardInput(required=False)
    heat_map = serializers.ListField(
        child=serializers.CharField(max_length=64), min_length=2, max_length=2, required=False
    )


class PlanAnswer(serializers.Serializer):
    """What a sweep tries; `out_of_sample` in percent."""

    method = serializers.CharField()
    samples = serializers.IntegerField(allow_null=True)
    rank_by = serializers.CharField()
    out_of_sample = Percent()
    windows = serializers.IntegerField()
    inside_steps = serializers.IntegerField()
    anchored = serializers.BooleanField()
    heat_map = serializers.ListField(child=serializers.CharField(), source="axes")


class SweepAnswer(RunAnswer):
    """A sweep, and how far it is; `parameters` are as they were asked for."""

    runs = serializers.IntegerField()
    plan = PlanAnswer(source="settings.sweep")


class SpanAnswer(serializers.Serializer):
    """From when to when."""

    start = Moment()
    end = Moment()


class FiguresAnswer(EarningsAnswer):
    """What one run came to on one span, null where the rule failed; percents of daily equity, drawdown above zero."""

    total_trades = WholeNumber()
    exposure = Percent(allow_null=True)
    turnover = Ratio(allow_null=True)
    fees = Amount(allow_null=True)
    funding = Amount(allow_null=True)
    final_balance = Amount(allow_null=True)
    final_equity = Amount(allow_null=True)


class RankedAnswer(serializers.Serializer):
    """One of the best runs, the best first; `run` is its place among all sets, `error` why the rule failed for it."""

    run = serializers.IntegerField()
    parameters = serializers.DictField()
    in_sample = FiguresAnswer()
    out_of_sample = FiguresAnswer(allow_null=True)
    error = serializers.CharField(allow_null=True)


class ComparisonAnswer(serializers.Serializer):
    """What became out of sample of the run that was best in it; `gap` above zero is what ranking promised too much.

    `rank_correlation` (Spearman) says whether runs that did well in sample did so out of it.
    """

    inside = FigureOfRank()
    outside = FigureOfRank()
    gap = GapOfRank()
    rank_correlation = Ratio(allow_null=True)


class HeatMapAnswer(serializers.Serializer):
    """The figure that is ranked by over two parameters, a row for each of `ys`: the best and the mean of all others."""

    x = serializers.CharField()
    y = serializers.CharField()
    xs = serializers.ListField()
    ys = serializers.ListField()
    best = serializers.ListField(child=serializers.ListField(child=FigureOfRank()))
    mean = serializers.ListField(child=serializers.ListField(child=FigureOfRank()))


class DeflatedAnswer(serializers.Serializer):
    """The probability that the best run's true Sharpe ratio is above zero, so many trials known. Ratios are daily."""

    probability = Ratio()
    sharpe = Ratio()
    expected_best = Ratio()
    trials = serializers.IntegerField()
    skewness = Ratio()
    kurtosis = Ratio()


class WindowAnswer(serializers.Serializer):
    """Where parameters were chosen, where they traded, and the figure that is ranked by in both."""

    in_sample = SpanAnswer()
    out_of_sample = SpanAnswer()
    parameters = serializers.DictField(allow_null=True)
    inside = FigureOfRank()
    outside = FigureOfRank()
    gap = GapOfRank()


class WalkForwardAnswer(serializers.Serializer):
    """What all windows come to, traded one behind the other as one backtest."""

    windows = WindowAnswer(many=True)
    gap = GapOfRank()
    results = FiguresAnswer()
    equity_curve = serializers.SerializerMethodField()

    @extend_schema_field(PointAnswer(many=True))
    def get_equity_curve(self, walked: dict[str, Any]) -> list[dict[str, Any]]:
        return [{"timestamp": at(moment), "equity": money(equity)} for moment, equity in walked["equity"]]


class SweepResults(serializers.Serializer):
    """What a sweep found; `failed` is how many runs the rule failed in, `first_error` why in the first of them."""

    in_sample = SpanAnswer()
    out_of_sample = SpanAnswer(allow_null=True)
    best = RankedAnswer(many=True)
    comparison = ComparisonAnswer(allow_null=True)
    heat_map = HeatMapAnswer(allow_null=True)
    deflated_sharpe = DeflatedAnswer(allow_null=True)
    walk_forward = WalkForwardAnswer(allow_null=True)
    failed = serializers.IntegerField()
    first_error = serializers.CharField(allow_null=True)
    candles = CoverageAnswer()


class SweepDetail(SweepAnswer):
    """A sweep with its results, once it is completed."""

    results = SweepResults(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        instance.results = instance.results or None
        self._context = {**self.context, "rank_by": instance.settings["sweep"]["rank_by"]}
        return super().to_representation(instance)


_SAID: dict[str, Any] = {name: FiguresAnswer().fields[name] for name in RANKED_BY}


def plan_of(asked: dict[str, Any]) -> SweepPlan:
    """Return the plan that a body asks for."""
    walk = asked.get("walk_forward", {})
    return SweepPlan(
        space=asked["parameters"],
        method=asked["method"],
        samples=asked.get("samples") if asked["method"] == RANDOM else None,
        seed=asked["config"]["seed"],
        rank_by=asked["rank_by"],
        out_of_sample=float(asked.get("out_of_sample", Decimal(0)) / _HUNDRED),
        **walk,
        axes=tuple(asked.get("heat_map", ())),
    )
