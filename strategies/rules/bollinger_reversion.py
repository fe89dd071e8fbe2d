"""Bollinger reversion: buys a close below the lower band, and lets it go once it is back at the average.

Warm-up: the bands look back their length and no further; `longest` more, because within it lies the event that the
position comes from, or there is none.
"""

import numpy as np

from market.candles.series import CandleSeries, Floats
from strategies.indicators import bands
from strategies.rule import Parameters, Rule
from strategies.targets import LONGEST, SHORT, above, candle_count, held, one_way_or_other


def targets(candles: CandleSeries, *, length: int, deviations: float, short: bool, longest: int) -> Floats:
    """Return 1 from a close below the lower band until one at the middle; with `short` the mirror of it, -1."""
    close = candles.close
    upper, middle, lower = bands(close, length, deviations)
    there = ~np.isnan(middle)
    long = held(above(lower, close, close), there & ~above(middle, close, close), longest)
    sold = held(above(close, upper, close), there & ~above(close, middle, close), longest) if short else None
    return one_way_or_other(long, sold, first=length - 1)


def warm_up(parameters: Parameters) -> int:
    """Return the length of the bands and what the position remembers."""
    return int(parameters["length"]) + int(parameters["longest"])


RULE = Rule(
    name="bollinger_reversion",
    title="Bollinger reversion",
    description="Long from a close below the lower Bollinger band until a close at the average.",
    parameters={
        "length": candle_count(20, "The average and its deviation"),
        "deviations": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 10,
            "default": 2.0,
            "description": "How many standard deviations the bands are away from the average.",
        },
        "short": SHORT,
        "longest": LONGEST,
    },
    targets=targets,
    warm_up=warm_up,
)
