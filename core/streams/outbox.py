"""Writes messages for streams in the caller's transaction; the relay numbers and publishes them afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from core.bulk import insert_columns
from core.models import Event
from core.waiting import announce

OUTBOX = "outbox"


@dataclass(frozen=True, slots=True)
class Message:
    """What a stream is told: JSON with strings for decimals, `type` among its keys.

    It goes out as one message, or as `parts` of them where the stream's shape (streams/shapes.py) takes it apart.
    """

    stream: str
    body: dict[str, Any]
    parts: int = 1


def emit(messages: Iterable[Message], *, now: datetime) -> None:
    """Store messages, in their order, in one statement; once they are committed, wake the relay.

    To be called inside the transaction that does what they tell. Messages of one stream are in order where their
    transactions are: whoever emits holds a lock that decides who is first.
    """
    told = list(messages)
    if told:
        columns: dict[str, list[Any]] = {
            "stream": [message.stream for message in told],
            "message": [message.body for message in told],
            "parts": [message.parts for message in told],
        }
        insert_columns(Event, columns, created_at=now)
        transaction.on_commit(partial(announce, OUTBOX), robust=True)
