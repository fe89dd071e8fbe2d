"""A rule that turns at every candle; in a file of its own, which the process that asks it reads without Django."""

import numpy as np

from market.candles.series import CandleSeries, Floats
from strategies.rule import Rule


def targets(candles: CandleSeries) -> Floats:
    """Return 1 of even candles, -1 of odd ones."""
    numbers = candles.opened_at // (candles.interval.seconds * 1_000)
    return np.where(numbers % 2 == 0, 1.0, -1.0)


RULE = Rule(
    name="flipping",
    title="Flipping",
    description="Turns at every candle.",
    parameters={},
    targets=targets,
    warm_up=lambda parameters: 0,
)
