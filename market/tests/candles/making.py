"""Makes candles for tests: a walk of prices that is the same every time, and reads them back as plain rows."""

from datetime import UTC, datetime

import numpy as np

from market.candles.series import COLUMNS, CandleSeries
from market.intervals import Interval

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000


def walk(count: int, *, interval: Interval = Interval.M1, start: datetime = MIDNIGHT, seed: int = 1) -> CandleSeries:
    """Return so many candles in a row from `start` on: prices of two decimals, high and low around them."""
    random = np.random.default_rng(seed)
    opens = np.round(100 + random.normal(0, 0.1, count).cumsum(), 2)
    closes = np.round(opens + random.normal(0, 0.1, count), 2)
    highs = np.round(np.maximum(opens, closes) + 0.05, 2)
    lows = np.round(np.minimum(opens, closes) - 0.05, 2)
    volumes = np.round(random.uniform(0, 9, count), 3)
    opened_at = milliseconds(start) + np.arange(count, dtype=np.int64) * interval.seconds * 1_000
    return CandleSeries(interval, opened_at, opens, highs, lows, closes, volumes)


def without(series: CandleSeries, *places: int) -> CandleSeries:
    """Return the series with holes."""
    return picked(series, np.delete(np.arange(len(series)), places))


def picked(series: CandleSeries, places) -> CandleSeries:
    columns = [getattr(series, name)[places] for name in ("opened_at", *COLUMNS)]
    return CandleSeries(series.interval, *columns)


def rows(series: CandleSeries) -> list[tuple]:
    columns = [getattr(series, name).tolist() for name in ("opened_at", *COLUMNS)]
    return list(zip(*columns, strict=True))
