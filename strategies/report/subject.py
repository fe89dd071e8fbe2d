"""What a report is about: one finished run, all that went into it, and the candles that it ran on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from market.candles.runs import Run, counted
from market.candles.series import CandleSeries, Milliseconds
from market.intervals import Interval
from strategies.backtest.results import BacktestResult

Metrics = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which candles there were. `first` and `end` are numbers of candles, `holes` those that lack between them."""

    interval: Interval
    first: int
    end: int
    candles: int
    warm_up: int
    holes: Sequence[Run]

    @property
    def lacking(self) -> int:
        """How many candles lack."""
        return counted(self.holes)

    @property
    def opens_at(self) -> datetime:
        """When the first candle that counts opens."""
        return moment_of(self.interval, self.first)

    @property
    def closes_at(self) -> datetime:
        """When the last one is over."""
        return moment_of(self.interval, self.end)


@dataclass(frozen=True, slots=True)
class Subject:
    """One finished run. `title` is the strategy's name or the rule's; `terms` are pairs of a name and what was set.

    `candles` (n,) are those of `result`, warm-up included; none where they are not known any more. `source` says where
    they come from. `metrics` are those of `strategies.backtest.metrics`, ratios as fractions.
    """

    title: str
    rule: str
    parameters: Mapping[str, Any]
    symbol: str
    currency: str
    interval: Interval
    source: str
    candles: CandleSeries | None
    result: BacktestResult
    metrics: Metrics
    terms: Sequence[tuple[str, str]]
    seed: int
    version: str
    made_at: datetime

    @property
    def coverage(self) -> Coverage:
        """Which candles the run was on."""
        return coverage_of(self.result.opened_at, self.interval, warm_up=self.result.first)


def coverage_of(opened_at: Milliseconds, interval: Interval, *, warm_up: int) -> Coverage:
    """Return what candles (n,) cover, the first `warm_up` of which, fewer than n, only warm up."""
    numbers = (opened_at[warm_up:] // 1_000 - interval.offset_seconds) // interval.seconds
    places = np.flatnonzero(np.diff(numbers) > 1)
    holes = [Run(int(numbers[place]) + 1, int(numbers[place + 1])) for place in places]
    return Coverage(interval, int(numbers[0]), int(numbers[-1]) + 1, len(numbers), warm_up, holes)


def moment_of(interval: Interval, number: int) -> datetime:
    """Return when the candle of this number opens, UTC."""
    return datetime.fromtimestamp(interval.opens_at(number), UTC)
