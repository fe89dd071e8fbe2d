"""Bodies of alerts for tests."""

import json
from typing import Any

# Messages with TradingView's placeholders: a strategy's, and one that an indicator could send.
GOOD = {
    "alert_id": "{{ticker}}{{timenow}}{{strategy.order.contracts}}{{strategy.position_size}}",
    "timenow": "{{timenow}}",
    "symbol": "{{ticker}}",
    "side": "{{strategy.order.action}}",
    "market_position": "{{strategy.market_position}}",
    "size": "1%",
}
LITERAL = {"symbol": "BTCUSDT", "side": "buy", "size": "1%", "timenow": "{{timenow}}"}


def alert(**fields: Any) -> bytes:
    """Return the bytes of an alert that buys BTCUSDT, with `fields` added or, where None, taken away."""
    body = {"side": "buy", "symbol": "BTCUSDT"} | fields
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def text(template: dict[str, Any], **fields: Any) -> str:
    """Return a template's text, with `fields` set anew or, where None, taken away."""
    return json.dumps({name: value for name, value in {**template, **fields}.items() if value is not None})
