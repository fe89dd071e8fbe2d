"""Which run of a sweep is the best, and how the others lie around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Invalid
from market.candles.series import Floats
from strategies.rule import RuleFailed
from strategies.sweep.evaluation import Evaluation
from strategies.sweep.plan import LESS_IS_BETTER, RANKED_BY


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A figure over two parameters: `best` and `mean` (len(ys), len(xs)) over all others, NaN where it has no value."""

    x: str
    y: str
    xs: list[Any]
    ys: list[Any]
    best: Floats
    mean: Floats


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the best run where nobody looked when it was chosen.

    `place` is that of the run that was best inside, None where no run has the figure; `gap` is its figure inside less
    that outside, more being better, so that a positive gap is what choosing promised too much. `rank_correlation`,
    -1 to 1, says whether runs that did well inside did so outside: Spearman's, None for fewer than three runs.
    """

    place: int | None
    inside: float | None
    outside: float | None
    gap: float | None
    rank_correlation: float | None


def check_rank(by: str) -> None:
    """Raises Invalid for a figure that nothing can be ranked by."""
    if by not in RANKED_BY:
        raise Invalid(f"rank_by must be one of {', '.join(RANKED_BY)}.", field="rank_by")


def rank(evaluation: Evaluation, by: str) -> NDArray[np.intp]:
    """Return the places of all runs, the best first, of equals the first; those without the figure last.

    Raises RuleFailed with the first run's message where all failed, Invalid for a figure that is not to be ranked by.
    """
    check_rank(by)
    require_one(evaluation)
    return np.argsort(-_merit(evaluation, by), kind="stable")


def require_one(evaluation: Evaluation) -> None:
    """Raises RuleFailed, with the first run's message, where all of them failed."""
    if len(evaluation.errors) == len(evaluation):
        raise RuleFailed(next(iter(evaluation.errors.values()), "There was no run."))


def heat_map(evaluation: Evaluation, parameter_sets: Sequence[dict[str, Any]], *, x: str, y: str, by: str) -> HeatMap:
    """Return the figure `by` over the values of two parameters, ascending.

    Raises Invalid for parameters that the sets do not have, or that are the same.
    """
    check_rank(by)
    if x == y or any(name not in chosen for chosen in parameter_sets for name in (x, y)):
        raise Invalid("A heat map needs two different parameters of the rule.", field="heat_map")
    columns, rows = _axis(parameter_sets, x), _axis(parameter_sets, y)
    cells = np.array([rows[chosen[y]] * len(columns) + columns[chosen[x]] for chosen in parameter_sets])
    merit, shape = _merit(evaluation, by), (len(rows), len(columns))
    counted = ~np.isnan(merit)
    best = np.full(len(rows) * len(columns), -np.inf)
    np.maximum.at(best, cells[counted], merit[counted])
    counts = np.bincount(cells[counted], minlength=len(best))
    sums = np.bincount(cells[counted], merit[counted], minlength=len(best))
    mean = np.divide(sums, counts, out=np.full(len(best), np.nan), where=counts > 0)
    best[counts == 0] = np.nan
    sign = _sign(by)
    return HeatMap(x, y, list(columns), list(rows), sign * best.reshape(shape), sign * mean.reshape(shape))


def compare(inside: Evaluation, outside: Evaluation, by: str) -> Comparison:
    """Return what became outside, by this figure, of the run that was best inside. Raises what `rank` raises."""
    place = int(rank(inside, by)[0])
    told, became = inside.figures[by][place], outside.figures[by][place]
    if np.isnan(told):
        return Comparison(None, None, None, None, None)
    correlation = _rank_correlation(inside.figures[by], outside.figures[by])
    if np.isnan(became):
        return Comparison(place, float(told), None, None, correlation)
    return Comparison(place, float(told), float(became), float(_sign(by) * (told - became)), correlation)


def _merit(evaluation: Evaluation, by: str) -> Floats:
    """Return (runs,) the figure, turned round where less is better."""
    merit: Floats = _sign(by) * evaluation.figures[by]
    return merit


def _sign(by: str) -> int:
    return -1 if by in LESS_IS_BETTER else 1


def _axis(parameter_sets: Sequence[dict[str, Any]], name: str) -> dict[Any, int]:
    """Return the values of a parameter, ascending, with their places."""
    values = sorted({chosen[name] for chosen in parameter_sets})
    return {value: place for place, value in enumerate(values)}


def _rank_correlation(one: Floats, other: Floats) -> float | None:
    both = ~np.isnan(one) & ~np.isnan(other)
    if np.count_nonzero(both) < 3:
        return None
    first, second = _ranks(one[both]), _ranks(other[both])
    spread = float(np.std(first) * np.std(second))
    return float(np.mean((first - first.mean()) * (second - second.mean()))) / spread if spread > 0 else None


def _ranks(values: Floats) -> Floats:
    """Return the rank of each value, equal ones sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: Floats = (ends - (counts - 1) / 2)[inverse]
    return ranks
