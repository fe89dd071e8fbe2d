"""A row of several parts goes out as so many messages, each with its own numbers; a reader comes back anywhere."""

import asyncio
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.db.models import F
from django.utils import timezone

from core.models import Event
from core.streams import shapes
from core.streams.hub import catch_up, hub
from core.streams.outbox import Message, emit
from core.streams.reading import Forgotten, forgotten_cursor, read_after, read_missed
from core.streams.relay import number_events, purge_events
from core.tests.streaming import Peer

pytestmark = pytest.mark.django_db

LETTERS = ("a", "b", "c")


@pytest.fixture(autouse=True)
def _letters(monkeypatch):
    """Streams `word:…` go out letter by letter."""
    monkeypatch.setattr(shapes, "_shapes", {"word": lambda body: [{"type": letter} for letter in body["letters"]]})


def word(*letters, stream="word:1"):
    return Message(stream, {"type": "word", "letters": letters}, parts=len(letters))


def publish(*messages, now=None):
    emit(messages, now=now or timezone.now())
    return number_events()


def told(cursor, streams=("word:1", "x"), most=100):
    return [(one.kind, one.cursor) for one in read_after(cursor, set(streams), most=most).messages]


def test_every_part_has_its_numbers():
    last = publish(word(*LETTERS), Message("x", {"type": "plain"}), word("d"))
    assert (last, told(0)) == (5, [("a", 1), ("b", 2), ("c", 3), ("plain", 4), ("d", 5)])
    assert list(Event.objects.order_by("id").values_list("seq", flat=True)) == [3, 1, 4]


def test_the_text_says_each_parts_own_place():
    publish(Message("x", {"type": "plain"}), word(*LETTERS))
    texts = [one.text for one in read_after(1, {"word:1"}, most=10).messages]
    assert texts[1] == '{"type":"b","stream":"word:1","seq":2,"cursor":3}'


@pytest.mark.parametrize(("since", "left"), [(0, "abcd"), (1, "bcd"), (2, "cd"), (3, "d"), (4, "")])
def test_reading_goes_on_between_two_parts(since, left):
    publish(word(*LETTERS), word("d"))
    assert "".join(kind for kind, _ in told(since)) == left


def test_a_slice_ends_between_two_parts_and_the_next_goes_on_there():
    publish(word(*LETTERS), word("d"))
    first = read_after(0, {"word:1"}, most=2)
    assert ([one.kind for one in first.messages], first.cursor, first.is_last) == (["a", "b"], 2, False)
    assert [kind for kind, _ in told(first.cursor, most=2)] == ["c", "d"]


def test_what_was_numbered_whole_goes_out_whole():
    publish(word(*LETTERS))
    Event.objects.update(parts=1)
    assert told(0) == [("word", 3)]


def test_what_is_kept_is_known_to_the_part():
    publish(word(*LETTERS), now=timezone.now() - timedelta(days=30))
    publish(word(*LETTERS))
    purge_events(now=timezone.now())
    assert forgotten_cursor() == 3
    assert len(read_missed(3, {"word:1"}, most=10).messages) == 3
    with pytest.raises(Forgotten):
        read_missed(2, {"word:1"}, most=10)


def test_all_rows_before_the_oldest_are_forgotten_whatever_is_not_numbered_yet():
    publish(word(*LETTERS))
    emit([word("d")], now=timezone.now())
    assert (forgotten_cursor(), Event.objects.filter(cursor__gt=F("parts")).count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_socket_of_one_kind_is_sent_that_kind_only():
    publish(word(*LETTERS))

    async def work():
        peer = Peer()
        peer.outbound.only = "b"
        the_hub = hub()
        the_hub.enter(peer.outbound)
        the_hub.join(peer.outbound, "word:1", await catch_up(peer.outbound, {"word:1"}, 0))
        await database_sync_to_async(publish)(word(*LETTERS))
        await peer.has(2)
        await asyncio.sleep(0.1)
        peer.outbound.forget()
        await the_hub.leave(peer.outbound)
        return peer.cursors

    assert asyncio.run(asyncio.wait_for(work(), 30)) == [2, 5]
