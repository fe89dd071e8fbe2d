"""The relay: the only one who numbers messages. Any number may run; a row's lock lets one of them work.

The rows are the truth. The wake-up that `emit` sends is a nudge, and so is the one that the relay sends to the hubs.
"""

import asyncio
import logging
import threading
import time
from datetime import datetime

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from redis import RedisError

from core.bulk import update_rows, upsert_rows
from core.clock import Clock
from core.models import Event, Stream
from core.streams.outbox import OUTBOX
from core.waiting import Waiter, announce, waiter

logger = logging.getLogger(__name__)

HUBS = "desk.events"
MOST_IN_A_ROUND = 2000
POLL_SECONDS = 0.5
PURGE_EVERY_SECONDS = 60
MOST_PURGED = 1000


def number_events() -> int:
    """Number the messages that wait, up to MOST_IN_A_ROUND in the order of their ids; return the last cursor given.

    0 where nothing waits, or where another relay is at it. The statements are the same for one message and many.
    """
    if not Event.objects.filter(cursor=None).exists():
        return 0
    with transaction.atomic():
        everything = _lock()
        if everything is None:
            return 0
        events = list(Event.objects.filter(cursor=None).order_by("id").only("id", "stream", "parts")[:MOST_IN_A_ROUND])
        if not events:
            return 0
        streams = _give_numbers(events, everything)
        update_rows(Event, events, ["cursor", "seq"])
        upsert_rows(Stream, [everything, *streams], ["last_seq"])
    return everything.last_seq


def purge_events(*, now: datetime) -> int:
    """Delete published messages older than EVENT_RETENTION, at most MOST_PURGED; return how many.

    From the lowest cursor on and without a gap: what is gone is told by the lowest cursor that is left.
    """
    oldest = Event.objects.exclude(cursor=None).order_by("cursor").values_list("cursor", "created_at")[:MOST_PURGED]
    last: int | None = None
    for cursor, created_at in oldest:
        if created_at >= now - settings.EVENT_RETENTION:
            break
        last = cursor
    return Event.objects.filter(cursor__lte=last).delete()[0] if last is not None else 0


def _lock() -> Stream | None:
    """Lock the row of all cursors until the transaction ends; None where another relay has it.

    SQLite has no row locks: there the transaction itself began with the lock of all writing.
    """
    wanted = Stream.objects.select_for_update(skip_locked=True).filter(pk=Stream.EVERYTHING)
    locked = wanted.first()
    if locked is None:
        Stream.objects.bulk_create([Stream(name=Stream.EVERYTHING)], ignore_conflicts=True)
        locked = wanted.first()
    return locked


def _give_numbers(events: list[Event], everything: Stream) -> list[Stream]:
    names = {event.stream for event in events}
    streams = {name: Stream(name=name) for name in names}
    streams |= {stream.name: stream for stream in Stream.objects.filter(pk__in=names)}
    for event in events:
        stream = streams[event.stream]
        stream.last_seq += event.parts
        everything.last_seq += event.parts
        event.seq, event.cursor = stream.last_seq, everything.last_seq
    return list(streams.values())


class Relay:
    """Numbers what is written until it is stopped, and tells the hubs. Runs in a thread of its own."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._stopping = threading.Event()
        self._purged_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, seconds: float) -> None:
        """Ask it to end and wait at most `seconds`. Where it is cut off, the transaction in hand never was."""
        self._stopping.set()
        announce(OUTBOX)
        self._thread.join(seconds)

    def _run(self) -> None:
        # One event loop for all nudges: the layer's connection lives as long as the loop that opened it.
        with asyncio.Runner() as runner:
            while not self._stopping.is_set():
                self._safe_round(runner)
        connection.close()

    def _safe_round(self, runner: asyncio.Runner) -> None:
        """Number what waits and wait for more. A database that is down, or a fault of ours, costs a round only."""
        began = time.monotonic()
        try:
            with waiter(OUTBOX) as woken:
                self._work(runner)
                self._wait(woken, began)
            return
        except (OperationalError, InterfaceError) as error:
            logger.warning("the relay cannot reach the database: %s", type(error).__name__)
        except Exception:
            logger.exception("a round of the relay failed")
        connection.close()
        self._stopping.wait(POLL_SECONDS)

    def _work(self, runner: asyncio.Runner) -> None:
        while not self._stopping.is_set() and (cursor := number_events()):
            _nudge_hubs(runner, cursor)
        self._purge_now_and_then()

    def _wait(self, woken: Waiter, began: float) -> None:
        if not woken.wait(POLL_SECONDS):
            # It may have returned at once because Redis is away.
            self._stopping.wait(max(0.0, began + POLL_SECONDS - time.monotonic()))

    def _purge_now_and_then(self) -> None:
        if time.monotonic() - self._purged_at >= PURGE_EVERY_SECONDS and purge_events(now=self._clock()) < MOST_PURGED:
            self._purged_at = time.monotonic()


def _nudge_hubs(runner: asyncio.Runner, cursor: int) -> None:
    try:
        runner.run(get_channel_layer().group_send(HUBS, {"type": "published", "cursor": cursor}))
    except (RedisError, OSError) as error:
        logger.warning("could not nudge the hubs, they will look by themselves: %s", type(error).__name__)
