"""Performance, out: ratios of money as percents, drawdown positive."""

from rest_framework import serializers

from core.api.serializers import MomentInput, Percent, PlainDecimal, Ratio


class PerformanceQuery(serializers.Serializer):
    """From when until when; from the opening of the account until now where nothing is said."""

    start_date = MomentInput(required=False)
    end_date = MomentInput(required=False, end_of_day=True)


class TimeRange(serializers.Serializer):
    """The range that was measured."""

    start_date = serializers.DateTimeField(source="start")
    end_date = serializers.DateTimeField(source="end")


class MetricsAnswer(serializers.Serializer):
    """What was earned, and how; null where a figure has no value."""

    total_return = Percent(allow_null=True)
    cagr = Percent(allow_null=True)
    volatility = Percent(allow_null=True)
    max_drawdown = Percent(falls=True, allow_null=True)
    sharpe_ratio = Ratio(allow_null=True)
    sortino_ratio = Ratio(allow_null=True)
    calmar_ratio = Ratio(allow_null=True)
    win_rate = Percent(allow_null=True)
    profit_factor = Ratio(allow_null=True)
    expectancy = Ratio(allow_null=True)
    total_trades = serializers.IntegerField()
    winning_trades = serializers.IntegerField()
    losing_trades = serializers.IntegerField()
    total_pnl = PlainDecimal()
    realized_pnl = PlainDecimal()
    fees = PlainDecimal()
    funding = PlainDecimal()
    paid_in = PlainDecimal()
    start_equity = PlainDecimal()
    end_equity = PlainDecimal()
    days = Ratio()


class CurvePoint(serializers.Serializer):
    """What the account was worth at one moment."""

    timestamp = serializers.DateTimeField(source="at")
    equity = PlainDecimal()


class PerformanceAnswer(serializers.Serializer):
    """The metrics of an account over a range, and its equity in at most 500 points."""

    account_id = serializers.UUIDField()
    time_range = TimeRange(source="*")
    metrics = MetricsAnswer()
    equity_curve = CurvePoint(many=True)


class SummaryAnswer(serializers.Serializer):
    """What an account earned since it was opened."""

    total_pnl = PlainDecimal()
    realized_pnl = PlainDecimal()
    fees = PlainDecimal()
    funding = PlainDecimal()
    total_trades = serializers.IntegerField()
    winning_trades = serializers.IntegerField()
    win_rate = Percent(allow_null=True)
