"""What came out of a backtest, as the API says it: money as decimal strings, ratios of money as percents."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import Percent, PlainDecimal, Ratio
from core.exact import MONEY_SCALE, PRICE_SCALE, plain
from strategies.api.runs_serializers import RunAnswer
from strategies.backtest.files import downsample
from strategies.backtest.results import EXIT_REASONS, BacktestResult

POINTS_SHOWN = 1_000
TRADES_SHOWN = 100


@extend_schema_field({"type": "string", "format": "decimal", "example": "10250.5"})
class Amount(serializers.ReadOnlyField):
    """An amount that a float holds, to the scale of money."""

    def to_representation(self, value: float | None) -> str | None:
        return None if value is None else plain(Decimal(repr(value)), decimals=MONEY_SCALE)


@extend_schema_field({"type": "string", "format": "date-time", "nullable": True})
class Moment(serializers.ReadOnlyField):
    """Milliseconds since 1970 as a time."""

    def to_representation(self, value: int | None) -> datetime | None:
        return None if value is None else at(value)


class CoverageAnswer(serializers.Serializer):
    """Candles: those that the run went over, those that lacked, those before it that the rule warmed up on."""

    count = serializers.IntegerField()
    missing = serializers.IntegerField()
    warm_up = serializers.IntegerField()


class RefusalsAnswer(serializers.Serializer):
    """How many orders were not placed, and why."""

    below_minimum = serializers.IntegerField()
    insufficient_margin = serializers.IntegerField()
    shorts_not_allowed = serializers.IntegerField()
    invalid_exit = serializers.IntegerField()


class EarningsAnswer(serializers.Serializer):
    """What any run earned, of a backtest or of a sweep; null where it is not defined."""

    total_return = Percent(allow_null=True)
    cagr = Percent(allow_null=True)
    sharpe_ratio = Ratio(allow_null=True)
    sortino_ratio = Ratio(allow_null=True)
    calmar_ratio = Ratio(allow_null=True)
    volatility = Percent(allow_null=True)
    max_drawdown = Percent(falls=True, allow_null=True)
    win_rate = Percent(allow_null=True)
    profit_factor = Ratio(allow_null=True)
    expectancy = Amount(allow_null=True)


class ResultsAnswer(EarningsAnswer):
    """Percents are of daily equity, drawdown above zero; what is not defined is null."""

    total_trades = serializers.IntegerField()
    winning_trades = serializers.IntegerField()
    losing_trades = serializers.IntegerField()
    exposure = Percent()
    turnover = Ratio(allow_null=True)
    days = Ratio()
    initial_balance = Amount()
    final_balance = Amount()
    final_equity = Amount()
    fees = Amount()
    funding = Amount()
    slippage = Amount()
    peak_at = Moment()
    trough_at = Moment()
    recovered_at = Moment()
    longest_under_water_seconds = serializers.SerializerMethodField()
    average_trade_seconds = serializers.SerializerMethodField()
    refusals = RefusalsAnswer()
    candles = CoverageAnswer()

    def get_longest_under_water_seconds(self, results: dict[str, Any]) -> int:
        return int(results["longest_under_water"] // 1_000)

    def get_average_trade_seconds(self, results: dict[str, Any]) -> int | None:
        lasted = results["average_trade_milliseconds"]
        return None if lasted is None else round(lasted / 1_000)


class PointAnswer(serializers.Serializer):
    """Equity after the candle that closed at `timestamp`."""

    timestamp = serializers.DateTimeField()
    equity = serializers.CharField()


class TradeAnswer(serializers.Serializer):
    """A position from its opening to its last close; the last one may be open. `pnl` is after fees and funding."""

    number = serializers.IntegerField()
    side = serializers.ChoiceField(choices=["long", "short"])
    size = PlainDecimal()
    entry_price = PlainDecimal()
    exit_price = PlainDecimal(allow_null=True)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    pnl = PlainDecimal()
    fee = PlainDecimal()
    funding = PlainDecimal()
    exit_reason = serializers.ChoiceField(choices=EXIT_REASONS)


class BacktestAnswer(RunAnswer):
    """A backtest; `results` once it is completed."""

    results = ResultsAnswer(allow_null=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        instance.results = instance.results or None
        return super().to_representation(instance)


class BacktestDetail(BacktestAnswer):
    """A backtest with its equity, thinned out to 1,000 points, and the first 100 of its trades."""

    equity_curve = PointAnswer(many=True)
    trades = TradeAnswer(many=True)
    trades_total = serializers.IntegerField()


@dataclass(frozen=True, slots=True)
class ShownTrade:
    """One trade in exact decimals."""

    number: int
    side: str
    size: Decimal
    entry_price: Decimal
    exit_price: Decimal | None
    opened_at: datetime
    closed_at: datetime | None
    pnl: Decimal
    fee: Decimal
    funding: Decimal
    exit_reason: str


def shown_points(result: BacktestResult) -> list[dict[str, Any]]:
    """Return the equity of a run in at most POINTS_SHOWN points: the first, the last, highs and lows between."""
    equity = result.equity[result.first :]
    places = downsample(equity, POINTS_SHOWN)
    closed_at = result.opened_at[result.first :][places] + result.interval
    pairs = zip(closed_at.tolist(), equity[places].tolist(), strict=True)
    return [{"timestamp": at(moment), "equity": money(value)} for moment, value in pairs]


def shown_trades(result: BacktestResult, *, start: int, end: int) -> Iterator[ShownTrade]:
    """Yield some of the trades of a run, counted from 0, in the order in which they were opened."""
    trades = result.trades
    for place in range(start, min(end, len(trades))):
        closed_at, exit_price = int(trades.closed_at[place]), float(trades.exit_price[place])
        yield ShownTrade(
            number=place + 1,
            side="long" if trades.direction[place] > 0 else "short",
            size=_exact(trades.size[place], MONEY_SCALE),
            entry_price=_exact(trades.entry_price[place], PRICE_SCALE),
            exit_price=None if math.isnan(exit_price) else _exact(exit_price, PRICE_SCALE),
            opened_at=at(int(trades.opened_at[place])),
            closed_at=at(closed_at) if closed_at else None,
            pnl=_exact(trades.pnl[place], MONEY_SCALE),
            fee=_exact(trades.fee[place], MONEY_SCALE),
            funding=_exact(trades.funding[place], MONEY_SCALE),
            exit_reason=EXIT_REASONS[trades.exit_reason[place]],
        )


def at(milliseconds: int) -> datetime:
    """Return a time in UTC."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def money(value: float) -> str:
    """Return an amount as the API says it."""
    return plain(Decimal(repr(value)), decimals=MONEY_SCALE) or "0"


def _exact(value: float, decimals: int) -> Decimal:
    return Decimal(format(value, f".{decimals}f"))
