"""Ticks: what screens are told of a market each time that it has a new price, and the topic it is told under."""

import json
from uuid import UUID

from core.exact import plain
from market.models import Instrument
from market.sources.base import Quote

_TOPIC = "market:"


def topic_of(instrument_id: UUID) -> str:
    """Return the topic of an instrument's ticks."""
    return f"{_TOPIC}{instrument_id}"


def instrument_of(topic: str) -> UUID | None:
    """Return whose ticks a topic is of; None where it is of something else."""
    return UUID(topic.removeprefix(_TOPIC)) if topic.startswith(_TOPIC) else None


def tick(instrument: Instrument, quote: Quote) -> str:
    """Return the message of a quote as JSON: prices as decimal strings, the time its own."""
    message = {
        "type": "ticker",
        "symbol": instrument.symbol,
        "category": instrument.kind,
        "price": plain(quote.last),
        "bid": plain(quote.bid),
        "ask": plain(quote.ask),
        "timestamp": quote.at.isoformat().replace("+00:00", "Z"),
    }
    return json.dumps(message, separators=(",", ":"))
