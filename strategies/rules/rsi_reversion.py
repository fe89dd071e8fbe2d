"""RSI reversion: buys what has fallen too fast, and lets it go once the index is back at its middle.

Warm-up: twice the index's memory (until 1e-12 of a weight is left, some 28 × its length), its length, and `longest`.
Twice, because in a market that stands still the last move weighs no more than what was before it; `longest`, because
within it lies the event that the position comes from, or there is none.
"""

from market.candles.series import CandleSeries, Floats
from strategies import indicators
from strategies.indicators import wilder_memory
from strategies.rule import Parameters, Rule
from strategies.targets import LONGEST, SHORT, candle_count, held, one_way_or_other


def targets(
    candles: CandleSeries, *, length: int, oversold: float, middle: float, overbought: float, short: bool, longest: int
) -> Floats:
    """Return 1 from where the index is below `oversold` until it is at `middle`; with `short` the mirror of it, -1."""
    strength = indicators.rsi(candles.close, length)
    long = held(strength < oversold, strength >= middle, longest)
    sold = held(strength > overbought, strength <= middle, longest) if short else None
    return one_way_or_other(long, sold, first=length)


def warm_up(parameters: Parameters) -> int:
    """Return what the index and the position remember."""
    candles = int(parameters["length"])
    return candles + 2 * wilder_memory(candles) + int(parameters["longest"])


def objection(parameters: Parameters) -> str:
    """Say that the three levels are not in their order."""
    in_order = parameters["oversold"] < parameters["middle"] < parameters["overbought"]
    return "" if in_order else "oversold must be less than middle, and middle less than overbought."


def _level(default: float, description: str) -> dict[str, object]:
    return {"type": "number", "minimum": 0, "maximum": 100, "default": default, "description": description}


RULE = Rule(
    name="rsi_reversion",
    title="RSI reversion",
    description="Long from where the relative strength index is oversold until it is back at its middle.",
    parameters={
        "length": candle_count(14, "The index", most=200),
        "oversold": _level(30.0, "Below it the rule buys."),
        "middle": _level(50.0, "At it the position is let go."),
        "overbought": _level(70.0, "Above it the rule sells short, if it may."),
        "short": SHORT,
        "longest": LONGEST,
    },
    targets=targets,
    warm_up=warm_up,
    objection=objection,
)
