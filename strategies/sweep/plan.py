"""What a sweep does: the sets of parameters that it tries, the spans it tries them on, what it ranks them by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from django.conf import settings

from core.errors import Invalid
from strategies.rule import Rule
from strategies.sweep.space import grid, sample

GRID, RANDOM = "grid", "random"
MORE_IS_BETTER = (
    *("sharpe_ratio", "sortino_ratio", "calmar_ratio", "total_return", "cagr", "max_drawdown"),
    *("win_rate", "profit_factor", "expectancy", "final_equity"),
)
LESS_IS_BETTER = ("volatility",)
# Not in sweep/ranking.py: that compiles, and a process that only takes requests is to import nothing that does.
RANKED_BY = (*MORE_IS_BETTER, *LESS_IS_BETTER)
# What a span needs to say anything.
LEAST_CANDLES = 10


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """A plan as it is kept with its sweep.

    `space` maps each parameter to a value, its values or a range. The last `out_of_sample` of the candles, a fraction,
    is only looked at after ranking. `windows` and the rest of a walk forward are those of sweep/walk_forward.py.
    `axes` are the two parameters of the heat map.
    """

    space: dict[str, Any]
    method: str = GRID
    samples: int | None = None
    seed: int = 0
    rank_by: str = RANKED_BY[0]
    out_of_sample: float = 0.0
    windows: int = 0
    inside_steps: int = 3
    anchored: bool = False
    axes: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the plan that `as_json` made."""
        return cls(**{**kept, "axes": tuple(kept["axes"])})

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self) | {"axes": list(self.axes)}

    def sets(self, rule: Rule) -> list[dict[str, Any]]:
        """Return the sets of parameters, in the order in which a sweep counts its runs.

        Raises Invalid naming what is wrong with the space, TooManyRuns before any is built.
        """
        most = settings.SWEEP_RUNS_MOST
        if self.method == RANDOM:
            return sample(rule, self.space, runs=self.samples or 0, seed=self.seed, most=most)
        return grid(rule, self.space, most=most)


def checked_plan(plan: SweepPlan, rule: Rule, *, fixed: Mapping[str, Any], candles: int) -> tuple[SweepPlan, int]:
    """Return the plan with `fixed` values where it names none, and how many runs it is.

    Raises Invalid naming what is wrong, TooManyRuns before anything is built.
    """
    if plan.method == RANDOM and not plan.samples:
        raise Invalid("A random sample needs to know how many.", field="samples")
    _check_spans(plan, candles)
    whole = replace(plan, space={**fixed, **plan.space})
    sets = whole.sets(rule)
    return replace(whole, axes=_axes(plan, _varied(sets))), len(sets)


def _varied(sets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the parameters that take more than one value."""
    return [name for name in sets[0] if len({repr(each[name]) for each in sets}) > 1]


def _check_spans(plan: SweepPlan, candles: int) -> None:
    later = candles * plan.out_of_sample
    if plan.out_of_sample and min(later, candles - later) < LEAST_CANDLES:
        raise Invalid(f"In and out of sample need {LEAST_CANDLES} candles each.", field="out_of_sample")
    if plan.windows and candles / (plan.windows + plan.inside_steps) < LEAST_CANDLES:
        raise Invalid(f"Each step needs {LEAST_CANDLES} candles.", field="walk_forward")


def _axes(plan: SweepPlan, names: list[str]) -> tuple[str, ...]:
    """Return the two parameters of the heat map: those asked for, else the first two that vary, if two do."""
    if plan.axes and not (len(set(plan.axes)) == len(plan.axes) == 2 and set(plan.axes) <= set(names)):
        raise Invalid(f"Two parameters that vary; there are: {', '.join(names) or 'none'}.", field="heat_map")
    return plan.axes or tuple(names[:2] if len(names) > 1 else ())
