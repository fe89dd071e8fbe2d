"""A rule for tests that goes up and down in quarters, whatever the market does."""

import numpy as np

from market.candles.series import CandleSeries, Floats
from strategies.rule import Rule


def targets(candles: CandleSeries) -> Floats:
    """Return -1, -0.75 … 1, and again from -1, two candles each."""
    numbers = candles.opened_at // (candles.interval.seconds * 1_000)
    return np.asarray((numbers // 2 % 9 - 4) / 4)


RULE = Rule(
    name="steps",
    title="Steps",
    description="Up and down in quarters.",
    parameters={},
    targets=targets,
    warm_up=lambda parameters: 0,
)
