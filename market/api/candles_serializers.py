"""What the doors of candles take and answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.serializers import MomentInput, PlainDecimal
from core.exact import QUANTITY_SCALE
from market.api.serializers import CategoryQuery
from market.candles.series import COLUMNS, CandleSeries
from market.intervals import Interval

MOST_CANDLES = 1000
DEFAULT_CANDLES = 500
_LAST_ROW = 2**31 - 1


class IntervalInput(serializers.ChoiceField):
    """The length of a candle, by its name: in any case but for a capital M, which elsewhere is months."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Interval.choices, **kwargs)

    def to_internal_value(self, data: Any) -> Interval:
        word = data.strip() if isinstance(data, str) else data
        if isinstance(word, str) and not word.endswith("M"):
            word = word.lower()
        try:
            return Interval(word)
        except ValueError as error:
            raise serializers.ValidationError(f"An interval is one of {', '.join(Interval.values)}.") from error


class SpanQuery(CategoryQuery):
    """Which candles; without `start` the newest."""

    start = MomentInput(required=False, help_text="The first opening time that is wanted.")
    end = MomentInput(required=False, help_text="Only candles that open before it.")
    limit = serializers.IntegerField(min_value=1, max_value=MOST_CANDLES, default=DEFAULT_CANDLES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "start" in attrs and "end" in attrs and attrs["start"] > attrs["end"]:
            raise serializers.ValidationError({"start": ["Must not be after end."]})
        return attrs


class KlinesQuery(SpanQuery):
    """Which candles, by the names of the exchanges."""

    interval = IntervalInput(default=Interval.M1)


class CandlesQuery(SpanQuery):
    """Which candles, by page."""

    interval = IntervalInput(required=False, help_text="1m where neither is given.")
    timeframe = IntervalInput(required=False, help_text="The same as interval.")
    offset = serializers.IntegerField(min_value=0, max_value=_LAST_ROW, default=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        alias = attrs.pop("timeframe", None)
        attrs.setdefault("interval", alias or Interval.M1)
        if alias not in (None, attrs["interval"]):
            raise serializers.ValidationError({"timeframe": ["Is another than interval: give one of them."]})
        return super().validate(attrs)


@dataclass(frozen=True, slots=True)
class Candle:
    """One candle as it is shown."""

    timestamp: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class CandleAnswer(serializers.Serializer):
    """One closed candle; `timestamp` is its opening, prices are as the source told them."""

    timestamp = serializers.DateTimeField()
    open = PlainDecimal()
    high = PlainDecimal()
    low = PlainDecimal()
    close = PlainDecimal()
    volume = PlainDecimal()


class KlinesAnswer(serializers.Serializer):
    """Candles ascending."""

    symbol = serializers.CharField()
    interval = serializers.ChoiceField(choices=Interval.choices)
    data = CandleAnswer(many=True)  # type: ignore[assignment]


class CandlesAnswer(serializers.Serializer):
    """A page of candles, ascending; `total` is how many there are between start and end."""

    items = CandleAnswer(many=True)
    total = serializers.IntegerField(min_value=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_CANDLES)
    offset = serializers.IntegerField(min_value=0)


def shown(series: CandleSeries) -> Iterator[Candle]:
    """Yield the candles of a series in exact decimals: the shortest that their floats stand for."""
    columns = [getattr(series, name).tolist() for name in ("opened_at", *COLUMNS)]
    for opened_at, first, high, low, last, volume in zip(*columns, strict=True):
        prices = [Decimal(repr(price)) for price in (first, high, low, last)]
        # Volumes that were added carry the noise of floats behind their digits.
        traded = Decimal(format(volume, f".{QUANTITY_SCALE}f"))
        yield Candle(datetime.fromtimestamp(opened_at / 1_000, UTC), prices[0], prices[1], prices[2], prices[3], traded)
