"""What the child process does of a sweep: the runs of one part, and what all parts together come to."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from market.candles.series import CandleSeries
from strategies.backtest.files import downsample
from strategies.backtest.metrics import daily_equity, summarise
from strategies.backtest.results import BacktestResult
from strategies.backtest.run import Progress, run_backtest
from strategies.catalogue import find_rule
from strategies.child.request import RESULT, part_file, read_candles, read_terms
from strategies.sweep.deflation import deflated_sharpe
from strategies.sweep.evaluation import Evaluation, Span, evaluate
from strategies.sweep.figures import FIGURES
from strategies.sweep.files import join, pack, unpack
from strategies.sweep.ranking import HeatMap, compare, heat_map, rank
from strategies.sweep.walk_forward import WalkForward, split, walk_forward, windows_of
from trading.engine.metrics import returns_without_payments

BEST_KEPT = 20
POINTS_KEPT = 500


def sweep_part(request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Run the sets of one part over all spans of the sweep; what they come to goes into a file."""
    candles = read_candles(request)
    market, settings = read_terms(request)
    evaluations = evaluate(
        candles,
        find_rule(request["rule"]),
        request["sets"],
        market=market,
        settings=settings,
        spans=_spans(request, candles),
        on_progress=progress,
    )
    (Path(request["folder"]) / RESULT).write_bytes(pack(evaluations))
    return {"runs": len(request["sets"])}


def sweep_end(request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Rank what all parts found, and tell what became of the best. Raises RuleFailed where every run failed."""
    candles, folder, plan = read_candles(request), Path(request["folder"]), request["plan"]
    spans = _spans(request, candles)
    told = join([unpack(part_file(folder, number).read_bytes()) for number in range(request["parts"])])
    inside, outside = told[0], told[1] if len(told) > 1 else None
    order = rank(inside, plan["rank_by"])
    compared = asdict(compare(inside, outside, plan["rank_by"])) if outside else None
    return {
        "failed": len(inside.errors),
        "first_error": next(iter(inside.errors.values()), None),
        "in_sample": _times(candles, spans[0]),
        "out_of_sample": _times(candles, spans[1]) if outside else None,
        "best": [_run(int(place), inside, outside, request) for place in order[:BEST_KEPT]],
        "comparison": _without_nan(compared) if compared else None,
        "heat_map": _shown_map(inside, request),
        "deflated_sharpe": _deflated(candles, spans[0], int(order[0]), inside, request),
        "walk_forward": _walked(candles, request, progress) if plan["windows"] else None,
    }


def _spans(request: Mapping[str, Any], candles: CandleSeries) -> list[Span]:
    """Return the candles that sets are ranked on, and those out of sample where there are any."""
    whole, share = Span(request["first"], len(candles)), request["plan"]["out_of_sample"]
    if not share:
        return [whole]
    window = split(whole, outside_share=share)
    return [window.inside, window.outside]


def _run(place: int, inside: Evaluation, outside: Evaluation | None, request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": place,
        "parameters": request["sets"][place],
        "in_sample": _figures(inside, place),
        "out_of_sample": _figures(outside, place) if outside else None,
        "error": inside.errors.get(place),
    }


def _figures(evaluation: Evaluation, place: int) -> dict[str, float | None]:
    return _without_nan({name: float(evaluation.figures[name][place]) for name in FIGURES})


def _shown_map(inside: Evaluation, request: Mapping[str, Any]) -> dict[str, Any] | None:
    axes = request["plan"]["axes"]
    if not axes:
        return None
    told: HeatMap = heat_map(inside, request["sets"], x=axes[0], y=axes[1], by=request["plan"]["rank_by"])
    cells = {
        name: [[_number(value) for value in row] for row in getattr(told, name).tolist()] for name in ("best", "mean")
    }
    return {"x": told.x, "y": told.y, "xs": told.xs, "ys": told.ys, **cells}


def _deflated(
    candles: CandleSeries, span: Span, place: int, inside: Evaluation, request: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the deflated Sharpe ratio of the best run, None where it has none."""
    if place in inside.errors:
        return None
    market, settings = read_terms(request)
    seen = candles.cut(slice(0, span.stop))
    targets = find_rule(request["rule"]).decide(seen, request["sets"][place])
    result = run_backtest(seen, targets, market=market, settings=settings, first=span.first)
    _, values, whole_days = daily_equity(result)
    returns = returns_without_payments(values[:whole_days], [0] * whole_days)
    told = deflated_sharpe(np.array(returns), inside.figures["sharpe_ratio"], periods=market.periods)
    return asdict(told) if told else None


def _walked(candles: CandleSeries, request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    plan = request["plan"]
    market, settings = read_terms(request)
    told: WalkForward = walk_forward(
        candles,
        find_rule(request["rule"]),
        request["sets"],
        market=market,
        settings=settings,
        windows=windows_of(
            Span(request["first"], len(candles)),
            count=plan["windows"],
            inside_steps=plan["inside_steps"],
            anchored=plan["anchored"],
        ),
        by=plan["rank_by"],
        on_progress=progress,
    )
    windows = [
        {
            "in_sample": _times(candles, window.inside),
            "out_of_sample": _times(candles, window.outside),
            "parameters": None if chosen.place is None else request["sets"][chosen.place],
            **_without_nan({name: getattr(chosen, name) for name in ("inside", "outside", "gap")}),
        }
        for window, chosen in zip(told.windows, told.chosen, strict=True)
    ]
    return {"windows": windows, "gap": told.gap, "results": summarise(told.result), "equity": _points(told.result)}


def _points(result: BacktestResult) -> list[list[float]]:
    """Return equity as pairs of milliseconds and money, thinned out."""
    equity = result.equity[result.first :]
    places = downsample(equity, POINTS_KEPT)
    closed_at = result.opened_at[result.first :][places] + result.interval
    return [list(pair) for pair in zip(closed_at.tolist(), equity[places].tolist(), strict=True)]


def _times(candles: CandleSeries, span: Span) -> dict[str, int]:
    """Return when a span begins and ends, milliseconds UTC."""
    end = int(candles.opened_at[span.stop - 1]) + candles.interval.seconds * 1_000
    return {"start": int(candles.opened_at[span.first]), "end": end}


def _without_nan(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number(value) for name, value in told.items()}


def _number(value: Any) -> Any:
    """Return a figure as JSON says it: null where it has no value."""
    return None if isinstance(value, float) and math.isnan(value) else value
