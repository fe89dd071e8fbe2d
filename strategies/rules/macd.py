"""MACD: long while the difference of two exponential averages is above its own average, the signal.

Warm-up: the lengths and memories (until 1e-12 of a weight is left) of the slow average and of the signal, one after
the other, since the signal remembers what the slow average remembered.
"""

from market.candles.series import CandleSeries, Floats
from strategies import indicators
from strategies.indicators import ema_memory
from strategies.rule import Parameters, Rule
from strategies.targets import SHORT, candle_count, fast_not_below_slow, leaning


def targets(candles: CandleSeries, *, fast: int, slow: int, signal: int, short: bool) -> Floats:
    """Return 1 where MACD is above its signal, else 0; with `short` -1 where it is below."""
    line, average = indicators.macd(candles.close, fast, slow, signal)
    return leaning(line, average, candles.close, short=short, first=slow + signal - 2)


def warm_up(parameters: Parameters) -> int:
    """Return the lengths and memories of the slow average and of the signal."""
    slow, signal = int(parameters["slow"]), int(parameters["signal"])
    return slow + ema_memory(slow) + signal + ema_memory(signal)


RULE = Rule(
    name="macd",
    title="MACD",
    description="Long while the difference of two exponential averages of closes is above its own average.",
    parameters={
        "fast": candle_count(12, "The fast average"),
        "slow": candle_count(26, "The slow average"),
        "signal": candle_count(9, "The average of their difference", least=1),
        "short": SHORT,
    },
    targets=targets,
    warm_up=warm_up,
    objection=fast_not_below_slow,
)
