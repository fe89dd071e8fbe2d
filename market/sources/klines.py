"""Reading candles as exchanges send them: rows of time, open, high, low, close, volume; the unsound left out, counted.

A row is sound where it opens on a step of its interval, once, its prices are prices and low ≤ open, close ≤ high.
"""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from market.candles.series import CandleSeries
from market.intervals import Interval
from market.sources.base import FetchedCandles

_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,20})?")
_TIME = re.compile(r"[0-9]{1,14}")
_VOLUME = 5

Row = tuple[int, float, float, float, float, float]


def read_candles(
    rows: Iterable[Any],
    *,
    interval: Interval,
    start: datetime,
    end: datetime,
    closed_by: datetime,
    volume_at: int = _VOLUME,
) -> FetchedCandles:
    """Return the sound candles that open from `start` to before `end` and were closed by `closed_by`.

    `volume_at` is the place in a row of the volume in base units. Rows outside are no fault, and not counted.
    """
    first, last = _milliseconds(start), _milliseconds(min(end, closed_by - timedelta(seconds=interval.seconds) + _TICK))
    found: dict[int, Row] = {}
    skipped = 0
    for told in rows:
        row = _row(told, interval, volume_at)
        if row is None or row[0] in found:
            skipped += 1
        elif first <= row[0] < last:
            found[row[0]] = row
    return FetchedCandles(_series(interval, [found[at] for at in sorted(found)]), skipped)


def narrowed_start(interval: Interval, *, start: datetime, end: datetime, most: int) -> datetime:
    """Return the later of `start` and the moment from which on at most `most` candles open before `end`."""
    last = -(-int(end.timestamp() - interval.offset_seconds) // interval.seconds)
    return max(start, datetime.fromtimestamp(interval.opens_at(last - most), UTC))


def _row(told: Any, interval: Interval, volume_at: int) -> Row | None:
    if not isinstance(told, list) or len(told) <= volume_at:
        return None
    opened_at = _time(told[0])
    prices = [_number(text) for text in told[1:5]]
    volume = _number(told[volume_at])
    if opened_at is None or volume is None or not all(prices):
        return None
    opened, high, low, closed = (price or math.nan for price in prices)
    if opened_at != interval.opens_at(interval.number_at(opened_at // 1000)) * 1000:
        return None
    if not low <= min(opened, closed) <= max(opened, closed) <= high:
        return None
    return opened_at, opened, high, low, closed, volume


def _series(interval: Interval, rows: list[Row]) -> CandleSeries:
    if not rows:
        return CandleSeries.empty(interval)
    opened_at, *columns = zip(*rows, strict=True)
    return CandleSeries(
        interval,
        np.array(opened_at, dtype=np.int64),
        *(np.array(column, dtype=np.float64) for column in columns),
    )


def _time(told: Any) -> int | None:
    """Return milliseconds: Binance sends an integer, Bybit a text."""
    if type(told) is int and 0 < told < 10**14:
        return told
    return int(told) if isinstance(told, str) and _TIME.fullmatch(told) else None


def _number(text: Any) -> float | None:
    return float(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else None


def _milliseconds(at: datetime) -> int:
    return -(-int(at.timestamp() * 1_000_000) // 1000)


_TICK = timedelta(milliseconds=1)  # a candle that closed at this very moment is closed
