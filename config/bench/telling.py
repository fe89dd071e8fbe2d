"""Emits what the bench measures, and says when it was committed."""

import asyncio
import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from channels.layers import BaseChannelLayer
from django.db import transaction
from django.utils import timezone

from accounts.facts import account_message
from core.streams.outbox import Message, emit
from trading.services.facts import bot_message

SETTLE_SECONDS = 2


def tell(
    *, bot_id: str, account_id: str, batches: list[list[int]], pause_seconds: float = 0, padding: int = 0
) -> dict[int, float]:
    """Emit numbered messages of a bot and of an account, a batch a transaction.

    Return when each was committed, by the machine's clock.
    """
    committed: dict[int, float] = {}
    time.sleep(SETTLE_SECONDS)  # the start of this process is not what is measured
    for numbers in batches:
        with transaction.atomic():
            transaction.on_commit(partial(_stamp, committed, numbers))  # before emit's own, which wakes the relay
            now = timezone.now()
            emit(_messages(UUID(bot_id), UUID(account_id), numbers, padding=padding, now=now), now=now)
        time.sleep(pause_seconds)
    return committed


async def send_to_group(layer: BaseChannelLayer, group: str, text: str, *, count: int) -> float:
    """Send a message so many times by Channels' own way, its number growing from 0; return when that began."""
    began = time.monotonic()
    for number in range(count):
        numbered = text.replace('"number":0', f'"number":{number}')
        await layer.group_send(group, {"type": "bench.told", "text": numbered})
        await asyncio.sleep(0)
    return began


def _messages(
    bot_id: UUID, account_id: UUID, numbers: Iterable[int], *, padding: int, now: datetime
) -> Iterable[Message]:
    for number in numbers:
        fact = {"type": "OrderChanged", "number": number, "padding": "x" * padding}
        yield bot_message(bot_id, [fact], now=now)
        yield account_message(account_id, [fact], now=now)


def _stamp(committed: dict[int, float], numbers: list[int]) -> None:
    committed |= dict.fromkeys(numbers, time.monotonic())
