"""What a sweep tries, and what it found, in words and tables for its page of the console."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.admin.confirming import counted
from strategies.models import Sweep
from strategies.report.figures import FIGURES, HEADLINE, Figure, printed
from strategies.report.formats import NOT_DEFINED, moment, percent_exactly, plain_number, ratio
from strategies.sweep.plan import RANDOM, SweepPlan

# More cells than a page shows; the API has them all.
MOST_CELLS = 1_000
_FIGURES = {figure.key: figure for figure in FIGURES}


def space_told(space: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield nothing to say of it, the name and the values of each parameter that is tried."""
    for name, asked in space.items():
        yield "", name, _values_told(asked)


def plan_told(sweep: Sweep) -> Iterator[tuple[str, str, str]]:
    """Yield how a sweep goes through its sets: what it means, a name and a text."""
    plan = SweepPlan.from_json(sweep.settings["sweep"])
    drawn = f"{sweep.runs:,} drawn at random, seed {plan.seed}"
    yield "", "sets of parameters", drawn if plan.method == RANDOM else f"{sweep.runs:,}, all of the grid"
    figure = _FIGURES[plan.rank_by]
    yield figure.definition, "ranked by", figure.name
    share = f"the last {percent_exactly(plan.out_of_sample)} of the candles" if plan.out_of_sample else "none"
    yield "Only looked at after ranking.", "out of sample", share
    yield "Parameters are chosen on what is past, traded on what comes next.", "walk forward", _walk_told(plan)


def found(sweep: Sweep) -> dict[str, Any] | None:
    """Return what the page shows of what a sweep found, printed; None without results."""
    results = sweep.results
    if not results:
        return None
    figure = _FIGURES[sweep.settings["sweep"]["rank_by"]]
    figures = [_FIGURES[key] for key in dict.fromkeys((figure.key, *HEADLINE))]
    varied = [name for name, asked in sweep.parameters.items() if _is_varied(asked)]
    return {
        "spans": _spans_told(results),
        "figures": figures,
        "best": [_run(place, run, figures, varied) for place, run in enumerate(results["best"], 1)],
        "runs": sweep.runs,
        "failed": results["failed"],
        "first_error": results["first_error"],
        "remarks": [*_comparison_told(results["comparison"], figure), *_deflated_told(results["deflated_sharpe"])],
        "rank": figure,
        "map": _map(results["heat_map"], figure),
        "walk": _walk(results["walk_forward"], figure, varied),
    }


def _is_varied(asked: Any) -> bool:
    return isinstance(asked, dict) or (isinstance(asked, list) and len(asked) > 1)


def _values_told(asked: Any) -> str:
    if isinstance(asked, list):
        return ", ".join(map(_said, asked))
    if not isinstance(asked, dict) or "from" not in asked:
        return _said(asked)
    step = f" in steps of {_said(asked['step'])}" if "step" in asked else ""
    return f"{_said(asked['from'])} to {_said(asked['to'])}{step}"


def _said(value: Any) -> str:
    """Return a value of a parameter as one would type it."""
    return plain_number(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _walk_told(plan: SweepPlan) -> str:
    if not plan.windows:
        return "none"
    steps = counted(plan.inside_steps, "step")
    before = "all that is before it" if plan.anchored else f"the {steps} of its length before it"
    return f"{counted(plan.windows, 'window')}, each chosen on {before}"


def _spans_told(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    spans = [("In sample", results["in_sample"]), ("Out of sample", results["out_of_sample"])]
    return [(name, _span(span)) for name, span in spans if span]


def _span(span: Mapping[str, float]) -> str:
    return f"{moment(span['start'])} – {moment(span['end'])}"


def _chosen(parameters: Mapping[str, Any] | None, varied: Sequence[str]) -> str:
    """Return the parameters that vary, all of them where none does."""
    if parameters is None:
        return NOT_DEFINED
    names = [name for name in parameters if name in varied] or list(parameters)
    return ", ".join(f"{name} {_said(parameters[name])}" for name in names) or NOT_DEFINED


def _run(place: int, run: Mapping[str, Any], figures: Sequence[Figure], varied: Sequence[str]) -> dict[str, Any]:
    samples = [("in", run["in_sample"]), ("out", run["out_of_sample"])]
    return {
        "place": place,
        "parameters": _chosen(run["parameters"], varied),
        "error": run["error"],
        "samples": [
            (name, [(figure, printed(figure, told[figure.key])) for figure in figures])
            for name, told in samples
            if told
        ],
    }


def _comparison_told(told: Mapping[str, Any] | None, figure: Figure) -> Iterator[tuple[str, str, str]]:
    if told is None:
        return
    yield "Of the run that was best in sample.", f"{figure.name} in sample", printed(figure, told["inside"])
    yield "Of the same run.", f"{figure.name} out of sample", printed(figure, told["outside"])
    yield "In sample less out of it; above zero where it was less good.", "Promised too much", _gap(told, figure)
    correlation = told["rank_correlation"]
    meaning = "Spearman's, from -1 to 1: whether runs that did well in sample did so out of it."
    yield meaning, "Rank correlation", NOT_DEFINED if correlation is None else ratio(correlation)


def _gap(told: Mapping[str, Any], figure: Figure) -> str:
    return printed(figure, told["gap"])


def _deflated_told(told: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    if told is None:
        return
    meaning = "That the best run's true Sharpe ratio is above zero, so many trials known: the deflated Sharpe ratio."
    yield meaning, "Probability that it is no luck", percent_exactly(round(told["probability"], 4))
    yield "Of daily returns.", "Best daily Sharpe ratio to expect by luck", ratio(told["expected_best"])
    yield "Of daily returns.", "Daily Sharpe ratio of the best", ratio(told["sharpe"])


def _map(told: Mapping[str, Any] | None, figure: Figure) -> dict[str, Any] | None:
    if told is None:
        return None
    cells = len(told["xs"]) * len(told["ys"])
    xs = list(map(_said, told["xs"]))
    lines = zip(told["ys"], told["best"], told["mean"], strict=True)
    rows = [
        (_said(y), list(zip(xs, _printed(best, figure), _printed(mean, figure), strict=True)))
        for y, best, mean in lines
    ]
    return {"x": told["x"], "y": told["y"], "xs": xs, "cells": cells, "rows": rows if cells <= MOST_CELLS else []}


def _printed(values: Sequence[float | None], figure: Figure) -> list[str]:
    return [printed(figure, value) for value in values]


def _walk(told: Mapping[str, Any] | None, figure: Figure, varied: Sequence[str]) -> dict[str, Any] | None:
    if told is None:
        return None
    windows = [
        {
            "chosen_on": _span(window["in_sample"]),
            "traded_on": _span(window["out_of_sample"]),
            "parameters": _chosen(window["parameters"], varied),
            "inside": printed(figure, window["inside"]),
            "outside": printed(figure, window["outside"]),
            "gap": _gap(window, figure),
        }
        for window in told["windows"]
    ]
    headline = [_FIGURES[key] for key in HEADLINE]
    whole = [(figure, printed(figure, told["results"][figure.key])) for figure in headline]
    return {"windows": windows, "gap": _gap(told, figure), "whole": whole}
