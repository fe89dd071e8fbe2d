"""EMA cross: long while the fast exponential average of closes is above the slow one.

Warm-up: an exponential average never forgets wholly. After as many candles as leave 1e-12 of a candle's weight in the
slow one (some 14 × its length), and its length more for the mean that it begins with, a longer history changes less
than rounding does, and what rounding makes decides nothing.
"""

from market.candles.series import CandleSeries, Floats
from strategies.indicators import ema, ema_memory
from strategies.rule import Parameters, Rule
from strategies.targets import SHORT, candle_count, fast_not_below_slow, leaning


def targets(candles: CandleSeries, *, fast: int, slow: int, short: bool) -> Floats:
    """Return 1 where EMA(fast) > EMA(slow), else 0; with `short` -1 where it is below."""
    close = candles.close
    return leaning(ema(close, fast), ema(close, slow), close, short=short, first=slow - 1)


def warm_up(parameters: Parameters) -> int:
    """Return the slow average's length and memory."""
    slow = int(parameters["slow"])
    return slow + ema_memory(slow)


RULE = Rule(
    name="ema_cross",
    title="EMA cross",
    description="Long while the fast exponential moving average of closes is above the slow one.",
    parameters={
        "fast": candle_count(12, "The fast average", least=1),
        "slow": candle_count(26, "The slow average"),
        "short": SHORT,
    },
    targets=targets,
    warm_up=warm_up,
    objection=fast_not_below_slow,
)
