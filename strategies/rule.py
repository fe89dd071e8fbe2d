"""What a rule is: a function from candles and parameters to the position that it wants at the end of each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from core.errors import AppError
from market.candles.series import CandleSeries, Floats

Parameters = Mapping[str, Any]

_LONGEST_MESSAGE = 500
# Whatever a rule raises is the rule's; one that calls exit() ends itself, not the process that asked it.
RAISED = (Exception, SystemExit)


class RuleFailed(AppError):
    """A rule raised, or returned what no targets are; the sentence is the rule's own, with its line.

    What no database keeps of it, NUL and halves of characters, is written as an escape.
    """

    code = "RULE_FAILED"

    def __init__(self, message: str) -> None:
        whole = message.encode("utf-8", "backslashreplace").decode()
        super().__init__(whole.replace("\0", "\\x00")[:_LONGEST_MESSAGE])

    @classmethod
    def raised(cls, what: str, error: BaseException) -> Self:
        """Return the failure of what raised, a rule or a function of it, with its own message and innermost line."""
        return cls(f"{what} raised {type(error).__name__}: {error}{_line_of(error)}")


def _no_objection(parameters: Parameters) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that strategies name.

    `name` is its key everywhere: small letters, digits and underscores. `parameters` are the `properties` of a JSON
    Schema, each with its type, bounds, default and description. `targets(candles, **parameters)` returns (n,) float64
    for n candles: the position wanted from the end of each candle on, from -1 (all short) to 1 (all long), 1 being the
    whole size that is traded; NaN for the first candles as long as they are too few, and nowhere else. Element i may
    look at candles 0 to i only: `strategies.lookahead` proves it. `warm_up(parameters)` is how many candles before the
    first that counts should be there. `objection(parameters)` says in a sentence what is wrong with parameters that
    fit the schema one by one, nothing where nothing is.
    """

    name: str
    title: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    targets: Callable[..., Floats]
    warm_up: Callable[[Parameters], int]
    objection: Callable[[Parameters], str] = field(default=_no_objection)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the parameters as one object; nothing else may be named, nothing is required."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "title": self.title,
            "description": self.description,
            "properties": {name: dict(schema) for name, schema in self.parameters.items()},
            "additionalProperties": False,
        }

    def decide(self, candles: CandleSeries, parameters: Parameters) -> Floats:
        """Return the rule's targets (n,) for whole parameters, NaN made 0. Raises RuleFailed."""
        return checked_targets(self.told(candles, parameters), len(candles))

    def told(self, candles: CandleSeries, parameters: Parameters) -> object:
        """Return what the rule tells for whole parameters, whatever that is. Raises RuleFailed where it raises."""
        try:
            return self.targets(candles, **parameters)
        except RAISED as error:
            raise RuleFailed.raised("The rule", error) from error

    def candles_before(self, parameters: Parameters) -> int:
        """Return how many candles it wants before those that count, for whole parameters. Raises RuleFailed."""
        try:
            return max(0, int(self.warm_up(parameters)))
        except RAISED as error:
            raise RuleFailed.raised("The rule's warm_up", error) from error


def checked_targets(told: object, candles: int) -> Floats:
    """Return what a rule told as its targets, NaN at the beginning made 0. Raises RuleFailed for what are none."""
    if not isinstance(told, np.ndarray) or told.shape != (candles,):
        shape = getattr(told, "shape", None)
        got = f"an array of shape {shape}" if shape is not None else f"a {type(told).__name__}"
        raise RuleFailed(f"The rule returned {got}; targets are an array of shape ({candles},).")
    if told.dtype.kind not in "fiub":
        raise RuleFailed(f"The rule returned an array of {told.dtype}; targets are numbers from -1 to 1.")
    # A copy: a rule that keeps its array and writes into it later would change what it told before.
    targets = told.astype(np.float64)
    if candles and np.isnan(targets[0]):
        known = ~np.isnan(targets)
        targets[: int(np.argmax(known)) if known.any() else candles] = 0
    # Comparisons with NaN are false: where one is, neither the least nor the greatest fits.
    if candles and not (targets.min() >= -1 and targets.max() <= 1):
        place = int(np.argmax(~((targets >= -1) & (targets <= 1))))
        raise RuleFailed(f"The rule's target at candle {place} is {targets[place]:g}; targets are from -1 to 1.")
    return targets


def _line_of(error: BaseException) -> str:
    """Return the innermost line of a file that is not of this package, as it stands behind a message."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__:
            place = f" ({file.rpartition('/')[2]}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return place
