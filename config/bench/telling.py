"""Emits what the bench measures, and says when it was committed."""

import time
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.streams.outbox import emit
from trading.services.facts import bot_message

SETTLE_SECONDS = 2


def tell(*, bot_id: str, batches: list[list[int]], pause_seconds: float = 0) -> dict[int, float]:
    """Emit numbered messages, a batch a transaction; return when each was committed, by the machine's clock."""
    committed: dict[int, float] = {}
    time.sleep(SETTLE_SECONDS)  # the start of this process is not what is measured
    for numbers in batches:
        with transaction.atomic():
            transaction.on_commit(partial(_stamp, committed, numbers))  # before emit's own, which wakes the relay
            now = timezone.now()
            emit([bot_message(UUID(bot_id), [{"number": number}], now=now) for number in numbers], now=now)
        time.sleep(pause_seconds)
    return committed


def _stamp(committed: dict[int, float], numbers: list[int]) -> None:
    committed |= dict.fromkeys(numbers, time.monotonic())
