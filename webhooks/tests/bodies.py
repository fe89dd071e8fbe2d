"""Bodies of alerts for tests."""

import json
from typing import Any


def alert(**fields: Any) -> bytes:
    """Return the bytes of an alert that buys BTCUSDT, with `fields` added or, where None, taken away."""
    body = {"side": "buy", "symbol": "BTCUSDT"} | fields
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()
