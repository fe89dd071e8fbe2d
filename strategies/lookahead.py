"""Whether a rule looks ahead: it is asked again with the future cut off, and with another future, at many places."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from market.candles.series import COLUMNS, CandleSeries, Floats
from strategies.rule import Parameters, Rule

# So many places are tried: half of them evenly spread, half where the rule's target changes.
MOST_CUTS = 120
# Of a target, which is from -1 to 1: a rule may add up its past in another order.
TOLERANCE = 1e-9

Future = Literal["cut off", "risen", "fallen"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A target that hangs on the future: at candle `place`, with only the candles before `cut` the same.

    `told` is what the rule said at first, `told_then` with the future cut off, or risen or fallen from there on.
    """

    cut: int
    place: int
    future: Future
    told: float
    told_then: float

    def __str__(self) -> str:
        return (
            f"With the future {self.future} from candle {self.cut} on the target of candle {self.place}"
            f" is {self.told_then:g}, not {self.told:g}."
        )


def check_lookahead(rule: Rule, candles: CandleSeries, parameters: Parameters) -> list[Finding]:
    """Return where the rule's targets (n,) hang on candles after their own, in order; nothing where none does.

    A finding is a proof; that there is none is as good as the candles: there should be some thousand, and the rule
    should trade on them. Tries every place where few candles are given. Raises RuleFailed, also for a rule that fails
    on the first of the candles alone.
    """
    whole = rule.decide(candles.copy(), parameters)
    found = (
        _differing(whole, rule.decide(seen, parameters), cut=cut, future=future)
        for cut in _cuts(whole, least=max(1, rule.warm_up(parameters)))
        for future, seen in _futures(candles, cut)
    )
    return [finding for finding in found if finding is not None]


def _cuts(targets: Floats, *, least: int) -> list[int]:
    """Return how many candles are left the same, at each try: right before and after changes, and evenly."""
    count = len(targets)
    if count - least <= MOST_CUTS:
        return list(range(least, count))
    changes = np.flatnonzero(np.diff(targets)) + 1
    at_changes = _evenly(changes, MOST_CUTS // 4)
    places = {*np.linspace(least, count - 1, MOST_CUTS // 2, dtype=int).tolist(), *at_changes, *(at_changes + 1)}
    return sorted(int(place) for place in places if least <= place < count)


def _evenly(places: np.ndarray, most: int) -> np.ndarray:
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most, dtype=int)]


def _futures(candles: CandleSeries, cut: int) -> Iterator[tuple[Future, CandleSeries]]:
    """Yield the candles with nothing after `cut`, and with prices that rise threefold, or fall to a third, at once."""
    yield "cut off", candles.cut(slice(cut)).copy()
    for future, factor in (("risen", 3.0), ("fallen", 1 / 3)):
        altered = candles.copy()
        for name in COLUMNS:
            getattr(altered, name)[cut:] *= factor
        yield future, altered  # type: ignore[misc]


def _differing(whole: Floats, told: Floats, *, cut: int, future: Future) -> Finding | None:
    """Return the first target before the cut that is another one."""
    places = np.flatnonzero(np.abs(whole[:cut] - told[:cut]) > TOLERANCE)
    if not len(places):
        return None
    place = int(places[0])
    return Finding(cut, place, future, float(whole[place]), float(told[place]))
