"""Donchian breakout: buys a close above all highs of the candles before, sells one below the lows of fewer.

Warm-up: the channel of the entry; `longest` more, because within it lies the breakout that the
position comes from, or there is none.
"""

from market.candles.series import CandleSeries, Floats
from strategies.indicators import highest, lowest
from strategies.rule import Parameters, Rule
from strategies.targets import LONGEST, SHORT, candle_count, held, one_before, one_way_or_other


def targets(candles: CandleSeries, *, entry: int, exit: int, short: bool, longest: int) -> Floats:
    """Return 1 from a close above the `entry` highs before until one below the `exit` lows; with `short` the mirror."""
    close = candles.close
    breaks_up = close > one_before(highest(candles.high, entry))
    breaks_down = close < one_before(lowest(candles.low, entry))
    long = held(breaks_up, close < one_before(lowest(candles.low, exit)), longest)
    sold = held(breaks_down, close > one_before(highest(candles.high, exit)), longest) if short else None
    return one_way_or_other(long, sold, first=entry)


def warm_up(parameters: Parameters) -> int:
    """Return the channel of the entry and what the position remembers."""
    return int(parameters["entry"]) + int(parameters["longest"])


def objection(parameters: Parameters) -> str:
    """Say that the channel of the exit is the longer."""
    return "" if parameters["exit"] <= parameters["entry"] else "exit must not be more than entry."


RULE = Rule(
    name="donchian_breakout",
    title="Donchian breakout",
    description="Long from a close above the highest of the candles before it until one below the lowest of fewer.",
    parameters={
        "entry": candle_count(20, "The channel that a close breaks out of"),
        "exit": candle_count(10, "The channel whose other side ends it"),
        "short": SHORT,
        "longest": LONGEST,
    },
    targets=targets,
    warm_up=warm_up,
    objection=objection,
)
