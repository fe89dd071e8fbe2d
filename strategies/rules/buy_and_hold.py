"""Buy and hold: long from the first candle to the last, the yardstick of all others.

Warm-up: none; it looks at no candle.
"""

import numpy as np

from market.candles.series import CandleSeries, Floats
from strategies.rule import Parameters, Rule


def targets(candles: CandleSeries) -> Floats:
    """Return 1 everywhere."""
    return np.ones(len(candles))


def warm_up(parameters: Parameters) -> int:
    """Return 0."""
    return 0


RULE = Rule(
    name="buy_and_hold",
    title="Buy and hold",
    description="Long from the first candle to the last; what the others are to be measured by.",
    parameters={},
    targets=targets,
    warm_up=warm_up,
)
