"""Which sets of parameters a sweep tries: all of a grid, or so many drawn at random; counted before any is made.

What is asked for maps a parameter to one value, to a list of values, or to a range, {"from": 5, "to": 50, "step": 5},
both ends in it. Without a step a range holds every whole number, or, where sets are drawn, every number. A parameter
that is not named keeps its default. Sets that the rule objects to (a fast average that is slower) are left out.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from core.errors import Invalid
from strategies.parameters import checked_value, objection_of, refused, unknown_of
from strategies.rule import Rule

Parameters = dict[str, Any]
# Draws for each set that is wanted, before it is given up: many may be objected to, or be there already.
_TRIES = 50
# What a float counts one by one.
_MOST_NUMBERS = 2**53
_EDGE = Fraction(1, 10**9)


class TooManyRuns(Invalid):
    """More sets of parameters than a sweep may try."""

    code = "TOO_MANY_RUNS"

    def __init__(self, runs: int, most: int) -> None:
        super().__init__(f"These are {runs:,} runs; a sweep has at most {most:,}.", field="parameters")


@dataclass(frozen=True, slots=True)
class _Listed:
    """These values and no others."""

    values: Sequence[Any]

    @property
    def count(self) -> int:
        return len(self.values)

    def at(self, place: int) -> Any:
        return self.values[place]


@dataclass(frozen=True, slots=True)
class _Stepped:
    """A first number, and so many in all, each a step further."""

    first: float
    step: float
    count: int

    def at(self, place: int) -> float:
        number = self.first + place * self.step
        return number if isinstance(number, int) else float(f"{number:.12g}")


@dataclass(frozen=True, slots=True)
class _Anywhere:
    """Any number between two."""

    low: float
    high: float


_Choice = _Listed | _Stepped | _Anywhere


def grid_size(rule: Rule, asked: Mapping[str, Any]) -> int:
    """Return how many sets the grid has, those that the rule objects to among them. Raises Invalid."""
    return math.prod(choice.count for choice in _stepwise(rule, asked).values())


def grid(rule: Rule, asked: Mapping[str, Any], *, most: int) -> list[Parameters]:
    """Return all sets of the grid, whole, the last parameter of the rule changing fastest.

    Raises TooManyRuns for more than `most`, before one is made; Invalid, naming `parameters.<name>`, for values that do
    not fit, and where the rule objects to all of them.
    """
    if (size := grid_size(rule, asked)) > most:
        raise TooManyRuns(size, most)
    choices = _stepwise(rule, asked)
    columns = [[choice.at(place) for place in range(choice.count)] for choice in choices.values()]
    return _agreed(rule, [dict(zip(choices, chosen, strict=True)) for chosen in product(*columns)])


def sample(rule: Rule, asked: Mapping[str, Any], *, runs: int, seed: int, most: int) -> list[Parameters]:
    """Return `runs` different sets drawn from lists and ranges, each value as likely; the same for the same seed.

    Fewer where there are not as many. Raises what `grid` raises.
    """
    if runs > most:
        raise TooManyRuns(runs, most)
    if runs < 1:
        raise Invalid("A sweep has at least one run.", field="runs")
    draws, choices = np.random.default_rng(seed), _choices(rule, asked)
    drawn: dict[str, Parameters] = {}
    for _ in range(runs * _TRIES):
        chosen = {name: _draw(choice, draws) for name, choice in choices.items()}
        if not objection_of(rule, chosen):
            drawn[repr(chosen)] = chosen
        if len(drawn) == runs:
            break
    return _agreed(rule, list(drawn.values()))


def _draw(choice: _Choice, draws: np.random.Generator) -> Any:
    if isinstance(choice, _Anywhere):
        return float(draws.uniform(choice.low, choice.high))
    return choice.at(int(draws.integers(choice.count)))


def _stepwise(rule: Rule, asked: Mapping[str, Any]) -> dict[str, _Listed | _Stepped]:
    choices = {name: choice for name, choice in _choices(rule, asked).items() if not isinstance(choice, _Anywhere)}
    if endless := {f"parameters.{name}": [f"{name} needs a step."] for name in rule.parameters if name not in choices}:
        raise refused(endless)
    return choices


def _choices(rule: Rule, asked: Mapping[str, Any]) -> dict[str, _Choice]:
    """Return what there is to choose from for each parameter of the rule, in its order. Raises Invalid."""
    if not isinstance(asked, Mapping):
        raise refused({"parameters": ["Parameters must be an object."]})
    wrong = {f"parameters.{name!s:.80}": [unknown_of(rule, name)] for name in asked if name not in rule.parameters}
    choices: dict[str, _Choice] = {}
    for name, schema in rule.parameters.items():
        choice, sentences = _choice(name, asked[name] if name in asked else schema.get("default"), schema)
        if choice is None or sentences:
            wrong[f"parameters.{name}"] = sentences
        else:
            choices[name] = choice
    if wrong:
        raise refused(wrong)
    return choices


def _choice(name: str, asked: Any, schema: Mapping[str, Any]) -> tuple[_Choice | None, list[str]]:
    if isinstance(asked, Mapping):
        return _range(name, asked, schema)
    if not isinstance(asked, list | tuple) or schema.get("type") == "array":
        asked = [asked]
    if not asked:
        return None, [f"{name} needs at least one value."]
    told = [checked_value(name, value, schema) for value in asked]
    faults = dict.fromkeys(sentence for _, sentences in told for sentence in sentences)
    return _Listed(list({repr(value): value for value, _ in told}.values())), list(faults)


def _range(name: str, asked: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[_Choice | None, list[str]]:
    kind = schema.get("type")
    if kind not in {"integer", "number"} or not {"from", "to"} <= asked.keys() <= {"from", "to", "step"}:
        return None, [f"{name} must be a value, a list of values, or, of numbers, a range with from, to and step."]
    (low, below), (high, beyond) = (checked_value(name, asked[end], schema) for end in ("from", "to"))
    step, uneven = checked_value(f"The step of {name}", asked.get("step", 1), {"type": kind, "exclusiveMinimum": 0})
    if faults := list(dict.fromkeys([*below, *beyond, *uneven])):
        return None, faults
    if low > high:
        return None, [f"{name} must be from the lesser to the greater."]
    # As fractions: between two floats may be more than a float holds. A range to 0.3 by 0.1 has 0.3 in it all the same.
    width = Fraction(high) - Fraction(low)
    count = math.floor(width / Fraction(step) + _EDGE) + 1
    is_any = "step" not in asked and kind == "number"
    if width > sys.float_info.max or (count > _MOST_NUMBERS and not is_any):
        return None, [f"{name} is a range of more numbers than can be told apart."]
    return _Anywhere(low, high) if is_any else _Stepped(low, step, count), []


def _agreed(rule: Rule, sets: Sequence[Parameters]) -> list[Parameters]:
    """Return the sets that fit and that the rule does not object to. Raises Invalid where one does not fit, or none."""
    for name, schema in rule.parameters.items():
        values = {repr(chosen[name]): chosen[name] for chosen in sets}
        if faults := [fault for value in values.values() for fault in checked_value(name, value, schema)[1]]:
            raise refused({f"parameters.{name}": list(dict.fromkeys(faults))})
    agreed = [chosen for chosen in sets if not objection_of(rule, chosen)]
    if not agreed:
        sentence = objection_of(rule, sets[0]) if sets else "The rule objects to all that were drawn."
        raise refused({"parameters": [sentence]})
    return agreed
