"""SMA cross: long while the fast simple average of closes is above the slow one.

Warm-up: a simple average looks back its own length and no further, so the slow one's is enough for the same decisions
as of a longer history.
"""

from market.candles.series import CandleSeries, Floats
from strategies.indicators import sma
from strategies.rule import Parameters, Rule
from strategies.targets import SHORT, candle_count, fast_not_below_slow, leaning


def targets(candles: CandleSeries, *, fast: int, slow: int, short: bool) -> Floats:
    """Return 1 where SMA(fast) > SMA(slow), else 0; with `short` -1 where it is below."""
    close = candles.close
    return leaning(sma(close, fast), sma(close, slow), close, short=short, first=slow - 1)


def warm_up(parameters: Parameters) -> int:
    """Return the slow average's length."""
    return int(parameters["slow"])


RULE = Rule(
    name="sma_cross",
    title="SMA cross",
    description="Long while the fast simple moving average of closes is above the slow one.",
    parameters={
        "fast": candle_count(10, "The fast average", least=1),
        "slow": candle_count(30, "The slow average"),
        "short": SHORT,
    },
    targets=targets,
    warm_up=warm_up,
    objection=fast_not_below_slow,
)
