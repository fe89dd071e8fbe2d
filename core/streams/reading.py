"""Reads published messages: what follows a cursor, how far the numbers go, how far back rows are kept."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Max

from core.models import Event, Stream
from core.streams.shapes import messages_of

# More names than this cost more in the statement than the rows of the others do.
MOST_NAMES = 500


class Forgotten(Exception):
    """What followed a cursor is kept no longer, or the cursor was never given here."""


@dataclass(frozen=True, slots=True)
class Published:
    """One message as it goes out: its type, and as `text` its JSON, with stream, seq and cursor among the keys."""

    stream: str
    kind: str
    cursor: int
    text: str


@dataclass(frozen=True, slots=True)
class Slice:
    """Some messages in the order of their cursors. There are no others of the streams asked for up to `cursor`."""

    messages: list[Published]
    cursor: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far a stream has been told: its last number, 0 before the first, and the cursor of its last message.

    The cursor is None where no message of the stream is kept.
    """

    stream: str
    last_seq: int
    cursor: int | None


def stream_state(stream: str) -> StreamState:
    """Return how far a stream has been told; one that nobody wrote to yet stands at 0."""
    last_seq = Stream.objects.filter(pk=stream).values_list("last_seq", flat=True).first() or 0
    cursor = Event.objects.filter(stream=stream).aggregate(last=Max("cursor"))["last"]
    return StreamState(stream, last_seq, cursor)


def last_cursor() -> int:
    """Return the last cursor given, 0 before the first."""
    return Stream.objects.filter(pk=Stream.EVERYTHING).values_list("last_seq", flat=True).first() or 0


def forgotten_cursor() -> int:
    """Return the highest cursor whose message is kept no longer; all below it are gone as well."""
    before = Event.objects.exclude(cursor=None).annotate(before=F("cursor") - F("parts"))
    oldest = before.order_by("cursor").values_list("before", flat=True).first()
    return last_cursor() if oldest is None else oldest


def read_after(cursor: int, streams: Collection[str], *, most: int) -> Slice:
    """Return up to `most` messages of `streams` after `cursor`, be it between two of one row.

    The last number is read before the rows. Numbers are committed in their order, so the rows that this second
    statement sees are complete at least up to there.
    """
    last = last_cursor()
    if last <= cursor:
        return Slice([], cursor, is_last=True)
    rows = Event.objects.filter(cursor__gt=cursor, cursor__lte=last).order_by("cursor")
    if len(streams) <= MOST_NAMES:
        rows = rows.filter(stream__in=streams)
    found: list[Any] = list(rows.values_list("stream", "message", "parts", "seq", "cursor")[:most])
    apart = chain.from_iterable(_published(*row, after=cursor) for row in found if row[0] in streams)
    messages = list(islice(apart, most + 1))
    if len(messages) > most:
        return Slice(messages[:most], messages[most - 1].cursor, is_last=False)
    is_last = len(found) < most
    return Slice(messages, last if is_last else found[-1][-1], is_last=is_last)


def read_missed(cursor: int, streams: Collection[str], *, most: int) -> Slice:
    """Return up to `most` messages of `streams` after `cursor`. Raises Forgotten where that cannot be all of them.

    What is kept is asked after the rows were read: what is deleted in between would otherwise be a hole.
    """
    found = read_after(cursor, streams, most=most)
    if cursor < forgotten_cursor() or cursor > last_cursor():
        raise Forgotten
    return found


def _published(
    stream: str, message: dict[str, Any], parts: int, seq: int, cursor: int, *, after: int
) -> Iterator[Published]:
    """Yield the messages of a row past `after`; the last has the row's own numbers, each before it one less."""
    bodies = messages_of(stream, message, parts=parts)
    for back, body in zip(reversed(range(len(bodies))), bodies, strict=True):
        if cursor - back > after:
            numbers = {"stream": stream, "seq": seq - back, "cursor": cursor - back}
            yield Published(stream, str(body.get("type", "")), cursor - back, _encode({**body, **numbers}))


def _encode(message: dict[str, object]) -> str:
    return json.dumps(message, cls=DjangoJSONEncoder, separators=(",", ":"))
