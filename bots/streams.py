"""What the stream of a bot is called, and what a bot tells about itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.streams.outbox import Message


def stream_of(bot_id: UUID) -> str:
    """Return the name of a bot's stream."""
    return f"bot:{bot_id}"


def bot_update(bot_id: UUID, *facts: dict[str, Any], now: datetime) -> Message:
    """Return the message that tells a bot's followers what became of it."""
    body = {"type": "bot_update", "bot_id": str(bot_id), "data": {"facts": list(facts)}, "timestamp": _text(now)}
    return Message(stream_of(bot_id), body)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
