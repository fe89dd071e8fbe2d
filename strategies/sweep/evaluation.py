"""Runs a rule with many sets of parameters over the same candles, on all cores, and keeps figures alone.

The rules' indicators and the compiled passes let other threads run, so threads are enough. A rule is asked once for
each set, whatever the number of spans: what it decides on a candle depends on no later one.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import Invalid
from market.candles.series import CandleSeries, Floats, Milliseconds
from strategies.backtest import books
from strategies.backtest.figures import of_equity
from strategies.backtest.metrics import DAY, daily_places
from strategies.backtest.run import Progress
from strategies.backtest.terms import Market, RunSettings, Terms, terms_of
from strategies.indicator_memory import remembering
from strategies.rule import Parameters, Rule, RuleFailed
from strategies.sweep.figures import FIGURES, of_trades
from strategies.sweep.passing import Places, changes_within, ground_of, pass_over, turns_of

# Sets of parameters that a thread takes at a time.
_HANDFUL = 8


@dataclass(frozen=True, slots=True)
class Span:
    """Candles from `first`, the first in which something may be decided, to before `stop`."""

    first: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.first


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of runs, by their places: those of the sets of parameters that were given.

    `figures` maps each name of FIGURES to (runs,) float64, NaN where it has no value; they mean what
    `backtest.metrics.summarise` means by them. `errors` are the messages of runs that failed, by place: all their
    figures are NaN.
    """

    figures: Mapping[str, Floats]
    errors: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.figures[FIGURES[0]])

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return evaluations one behind the other as one."""
        starts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
        errors = {
            start + place: message
            for start, part in zip(starts, parts, strict=False)
            for place, message in part.errors.items()
        }
        return cls({name: np.concatenate([part.figures[name] for part in parts]) for name in FIGURES}, errors)


def evaluate(
    candles: CandleSeries,
    rule: Rule,
    parameter_sets: Sequence[Parameters],
    *,
    market: Market,
    settings: RunSettings,
    spans: Sequence[Span],
    threads: int = 0,
    on_progress: Progress | None = None,
) -> list[Evaluation]:
    """Run each set of parameters over each span of n closed candles; return an evaluation for each span.

    A run over a span is `run_backtest` on the candles before its `stop`, beginning anew at its `first`. A rule that
    raises for one set fails that run alone. `threads` 0 is one for each core that this process may use. `on_progress`
    is told the share that is done, 0 to 1, and may raise to stop it all. Raises Invalid for settings that make no
    sense and for a span without candles, BadCandle for prices that make none.
    """
    terms = terms_of(market, settings, interval_milliseconds=candles.interval.seconds * 1_000)
    courses = tuple(_course(candles, span, market.periods) for span in spans)
    runner, places = _Runner(candles, rule, terms, courses, parameter_sets), range(len(parameter_sets))
    with remembering(candles), ThreadPoolExecutor(threads or len(os.sched_getaffinity(0))) as pool:
        handfuls = (places[start : start + _HANDFUL] for start in places[::_HANDFUL])
        waiting = [pool.submit(copy_context().run, runner.run, handful) for handful in handfuls]
        try:
            for done, future in enumerate(as_completed(waiting), 1):
                future.result()
                if on_progress is not None:
                    on_progress(done / len(waiting))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    errors = dict(sorted(runner.errors.items()))
    return [Evaluation(dict(zip(FIGURES, rows.T.copy(), strict=True)), errors) for rows in runner.figures]


@dataclass(frozen=True, slots=True)
class _Course:
    """A span, and the marks at which its equity is wanted: `places` of candles, after `initial` marks at its start."""

    span: Span
    initial: int
    places: NDArray[np.intp]
    whole: int
    days: float
    periods: int


def _course(candles: CandleSeries, span: Span, periods: int) -> _Course:
    if not 0 <= span.first < span.stop <= len(candles):
        raise Invalid("There is no candle that counts.", code="NO_CANDLES")
    opened_at: Milliseconds = candles.opened_at[span.first : span.stop]
    times, places, whole = daily_places(opened_at, candles.interval.seconds * 1_000, periods)
    # Nothing is held before the second candle, so equity at the first is still the initial balance.
    initial = int(np.searchsorted(places, 1))
    return _Course(span, initial, places[initial:] + span.first, whole, (times[-1] - times[0]) / DAY, periods)


class _Runner:
    """What all runs of a sweep share."""

    def __init__(
        self, candles: CandleSeries, rule: Rule, terms: Terms, courses: Sequence[_Course], parameter_sets: Sequence[Any]
    ) -> None:
        self._candles, self._rule, self._terms, self._courses = candles, rule, terms, courses
        self._sets = parameter_sets
        self._ground = ground_of(candles, pays_funding=terms.funding_rate != 0)
        self.figures = np.full((len(courses), len(parameter_sets), len(FIGURES)), np.nan)
        self.errors: dict[int, str] = {}

    def run(self, places: range) -> None:
        """Run the sets at these places, each over all spans, and write down what comes out."""
        for place in places:
            try:
                decided = turns_of(self._rule.told(self._candles, self._sets[place]), len(self._candles))
            except RuleFailed as failure:
                self.errors[place] = failure.message
                continue
            for row, course in zip(self.figures[:, place], self._courses, strict=True):
                row[:] = self._figures(*decided, course)

    def _figures(self, targets: Floats, turns: Places, course: _Course) -> list[float]:
        """Return the figures of one run in the order of FIGURES."""
        span, balance = course.span, self._terms.initial_balance
        book, changes = books.new_book(balance), changes_within(targets, turns, span.first, span.stop)
        trades, equity = np.empty((len(changes), books.TRADE)), np.full(course.initial + len(course.places), balance)
        given = (self._ground, targets, changes, self._terms)
        held = pass_over(span.first + 1, span.stop, *given, book, trades, course.places, equity[course.initial :])
        traded = float(book[books.TRADED])
        told = of_equity(equity, whole=course.whole, days=course.days, periods=course.periods, traded=traded)
        told |= of_trades(trades[: int(book[books.COUNT])])
        told["exposure"] = held / len(span)
        told["fees"], told["funding"] = float(book[books.FEES]), float(book[books.FUNDED])
        told["final_balance"] = float(book[books.BALANCE])
        return [np.nan if (figure := told[name]) is None else figure for name in FIGURES]
