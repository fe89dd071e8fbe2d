"""A rule for tests that has a parameter of every kind, and is always long."""

from typing import Any

import numpy as np

from market.candles.series import CandleSeries, Floats
from strategies.rule import Rule


def targets(candles: CandleSeries, **parameters: Any) -> Floats:
    """Return 1 at every candle."""
    return np.ones(len(candles))


RULE = Rule(
    name="every_kind",
    title="Every kind",
    description="Always long.",
    parameters={
        "length": {
            "type": "integer",
            "title": "Candles looked at",
            "description": "How far it looks back.",
            "minimum": 3,
            "exclusiveMaximum": 100,
            "multipleOf": 2,
            "default": 20,
        },
        "weight": {"type": "number", "exclusiveMinimum": -1, "maximum": 1, "multipleOf": 0.25, "default": 0.5},
        "floor": {"type": ["number", "null"], "default": None},
        "average": {"enum": ["simple", "exponential", 3, None], "default": "exponential"},
        "short": {"type": "boolean", "description": "Sells too.", "default": True},
        "note": {"type": "string", "maxLength": 10, "default": "hello"},
        "lengths": {"type": "array", "items": {"type": "integer"}, "default": [5, 8]},
        "constructor": {"type": "integer", "default": 3},
    },
    targets=targets,
    warm_up=lambda parameters: 0,
)
