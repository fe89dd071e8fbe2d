"""What a bot does at the close of a candle, from the targets of its strategy alone, and on which candles they rest.

As in a backtest a change of the target acts, nothing else: a position that an exit of its own has closed stays closed
until then. Beyond that, the first decision after the bot was started brings its accounts to the target.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from core.exact import WIDE
from market.candles.series import Floats
from market.intervals import Interval
from strategies.rule import Parameters, Rule
from trading.decisions import IntentSide
from trading.sizes import Size

# Candles beside those that the rule needs, so that averages without an end have settled.
MARGIN = 250
# Bots that were started within so many candles of each other read the same ones.
STEP = 250
MOST_CANDLES = 20_000
# The oldest candles are let go of so many at a time: a rule that remembers may see its past change then, and only then.
MOVE = 5_000


@dataclass(frozen=True, slots=True)
class Standing:
    """The target that a bot stands by, 0 before it has any; `is_of_this_start`: it decided since it was started."""

    target: float = 0.0
    is_of_this_start: bool = False


def acts(targets: Floats, standing: Standing) -> bool:
    """Say whether something is to be done at the last of `targets` (k,), those of the candles since the standing one.

    Where candles were missed, a target that went elsewhere and came back is acted on: the accounts may not have
    followed it, or an exit may have closed what it opened before.
    """
    target = float(targets[-1])
    if target != standing.target:
        return True
    turned = bool((targets != standing.target).any())
    return target != 0 and (turned or not standing.is_of_this_start)


def resizes(target: float, standing: Standing) -> bool:
    """Say whether a target is of the side that the bot stands on already, and of another size."""
    return target * standing.target > 0 and target != standing.target


def side_of(target: float) -> IntentSide:
    """Return what brings an account to a target from -1 to 1."""
    if not target:
        return IntentSide.CLOSE
    return IntentSide.BUY if target > 0 else IntentSide.SELL


def size_of(size: Size, target: float) -> Size:
    """Return the part of a whole size that a target other than 0 asks for."""
    return replace(size, value=WIDE.multiply(size.value, Decimal(repr(abs(target)))))


def first_decided(interval: Interval, started_at: datetime) -> int:
    """Return the number of the first candle that closes after a bot was started."""
    return interval.number_at(int(started_at.timestamp()))


def first_read(rule: Rule, parameters: Parameters, *, decided: int, newest: int) -> int:
    """Return the number of the first candle that a rule is given, for a bot whose first decision is on `decided`.

    It stays the same from the start of a bot on, until there are MOST_CANDLES to the `newest`. Raises RuleFailed.
    """
    first = (decided - rule.candles_before(parameters) - MARGIN) // STEP * STEP
    beyond = newest + 1 - first - MOST_CANDLES
    return first + max(0, -(-beyond // MOVE)) * MOVE
