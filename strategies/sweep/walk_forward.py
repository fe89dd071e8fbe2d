"""Walk-forward: parameters are chosen on what is past, traded on what comes next, and chosen anew.

The span is cut in equal steps. Each window trades one step with what was best before it: on the steps right before
(rolling), or on all of them (anchored). What was traded is put together to one backtest over all windows, so a
position is carried over from one to the next, and paid for where the next wants another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import Invalid
from market.candles.series import CandleSeries, Floats
from strategies.backtest.results import BacktestResult
from strategies.backtest.run import Progress, run_backtest
from strategies.backtest.terms import Market, RunSettings
from strategies.rule import Parameters, Rule
from strategies.sweep.evaluation import Evaluation, Span, evaluate
from strategies.sweep.ranking import Comparison, check_rank, compare, require_one


@dataclass(frozen=True, slots=True)
class Window:
    """The candles on which parameters are chosen, and those right after, on which they are traded."""

    inside: Span
    outside: Span


@dataclass(frozen=True, slots=True)
class WalkForward:
    """What came of it. `chosen` compares, window by window, what was best inside with what became of it outside.

    `result` is the one backtest over all that was traded, with the equity of it. `gap` is the mean of the windows'
    gaps, None where none has one.
    """

    windows: Sequence[Window]
    chosen: Sequence[Comparison]
    result: BacktestResult
    gap: float | None


def split(span: Span, *, outside_share: float) -> Window:
    """Return a span in two, the last `outside_share` of it, a fraction, outside. Raises Invalid where one is empty."""
    cut = span.stop - round(len(span) * outside_share)
    if not span.first + 1 < cut < span.stop - 1:
        raise Invalid("Both parts, in sample and out of it, need at least two candles.", field="out_of_sample")
    return Window(Span(span.first, cut), Span(cut, span.stop))


def windows_of(span: Span, *, count: int, inside_steps: int = 3, anchored: bool = False) -> list[Window]:
    """Return `count` windows, each a step on from the one before, the first after `inside_steps` steps.

    What is left over by steps of whole candles is left out at the beginning. Raises Invalid for steps of less than two
    candles.
    """
    if count < 1 or inside_steps < 1:
        raise Invalid("A walk forward has at least one window, and one step before it.", field="walk_forward")
    step = len(span) // (count + inside_steps)
    if step < 2:
        raise Invalid("There are too few candles for so many windows.", field="walk_forward")
    begin = span.stop - step * (count + inside_steps)
    starts = [begin + step * (inside_steps + number) for number in range(count)]
    firsts = [begin if anchored else start - step * inside_steps for start in starts]
    return [Window(Span(first, start), Span(start, start + step)) for first, start in zip(firsts, starts, strict=True)]


def walk_forward(
    candles: CandleSeries,
    rule: Rule,
    parameter_sets: Sequence[Parameters],
    *,
    market: Market,
    settings: RunSettings,
    windows: Sequence[Window],
    by: str,
    threads: int = 0,
    on_progress: Progress | None = None,
) -> WalkForward:
    """Choose by the figure `by` inside each window and trade outside it; nothing is traded where no run has it.

    `windows` follow one another without a gap, as `windows_of` makes them. Raises what `evaluate` and `rank` raise.
    """
    check_rank(by)
    spans = [span for window in windows for span in (window.inside, window.outside)]
    told = evaluate(
        candles,
        rule,
        parameter_sets,
        market=market,
        settings=settings,
        spans=spans,
        threads=threads,
        on_progress=on_progress,
    )
    require_one(told[0])
    chosen = [compare(inside, outside, by) for inside, outside in _pairs(told)]
    targets = _stitched(candles, rule, parameter_sets, windows, chosen)
    traded = Span(windows[0].outside.first, windows[-1].outside.stop)
    result = run_backtest(
        candles.cut(slice(0, traded.stop)),
        targets[: traded.stop],
        market=market,
        settings=settings,
        first=traded.first,
    )
    gaps = [comparison.gap for comparison in chosen if comparison.gap is not None]
    return WalkForward(windows, chosen, result, float(np.mean(gaps)) if gaps else None)


def _pairs(told: Sequence[Evaluation]) -> list[tuple[Evaluation, Evaluation]]:
    return list(zip(told[::2], told[1::2], strict=True))


def _stitched(
    candles: CandleSeries,
    rule: Rule,
    parameter_sets: Sequence[Parameters],
    windows: Sequence[Window],
    chosen: Sequence[Comparison],
) -> Floats:
    """Return targets (n,) that are in each window's outside those of its own choice."""
    targets = np.zeros(len(candles))
    for window, comparison in zip(windows, chosen, strict=True):
        if comparison.place is not None:
            traded = slice(window.outside.first, window.outside.stop)
            targets[traded] = rule.decide(candles, parameter_sets[comparison.place])[traded]
    return targets
