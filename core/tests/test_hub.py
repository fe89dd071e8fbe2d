"""The hub: a message is read and encoded once, and each socket gets each message once, in order, from where it was."""

import asyncio
import contextlib
from itertools import chain, combinations

import pytest
from django.db import OperationalError
from django.utils import timezone

from core.models import Event
from core.streams import hub as hubs
from core.streams import reading, sockets
from core.streams.hub import catch_up, hub
from core.streams.reading import Forgotten
from core.tests.streaming import SECONDS, Gate, Peer, publish, publish_now

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS = ("before", "caught up", "joined")
SEAMS = list(chain.from_iterable(combinations(MOMENTS, count) for count in range(4)))


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(hubs, "POLL_SECONDS", 0.02)


def raises(fault):
    raise fault


def run(work):
    asyncio.run(asyncio.wait_for(work, 2 * SECONDS))


@contextlib.asynccontextmanager
async def peers(count):
    """So many sockets in the hub, gone with the test."""
    mine, the_hub = [Peer() for _ in range(count)], hub()
    for peer in mine:
        the_hub.enter(peer.outbound)
    try:
        yield mine
    finally:
        for peer in mine:
            peer.outbound.forget()
            await the_hub.leave(peer.outbound)


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()
    monkeypatch.setattr(reading, "read_after", gate.read_after)
    yield gate
    gate.release()


async def join_late(old, new, *, told_at, held_at, gate):
    """Let `new` catch up and join while messages are told at the moments named and a reading of the hub is held."""

    async def moment(name):
        if name in told_at:
            await publish("a", "b")

    hub().join(old.outbound, "a", 0)
    await publish("a", "b")
    await old.has(1)
    await gate.hold(held_at)
    await moment("before")
    place = await catch_up(new.outbound, {"b"}, 0)
    await moment("caught up")
    hub().join(new.outbound, "b", place)
    await moment("joined")
    gate.release()
    await publish("a", "b")
    await asyncio.gather(old.has(2 + len(told_at)), new.has(2 + len(told_at)))


class TestSeam:
    @pytest.mark.parametrize("held_at", ["", "unread", "read"])
    @pytest.mark.parametrize("told_at", SEAMS, ids=" and ".join)
    def test_nothing_is_missed_or_doubled_between_catching_up_and_joining(self, told_at, held_at, gate):
        async def seam():
            async with peers(2) as (old, new):
                await join_late(old, new, told_at=told_at, held_at=held_at, gate=gate)
                count = 2 + len(told_at)
                assert old.cursors == list(range(1, 2 * count, 2))
                assert new.cursors == list(range(2, 2 * count + 1, 2))

        run(seam())

    def test_a_long_absence_is_caught_up_in_slices(self, monkeypatch):
        monkeypatch.setattr(hubs, "SLICE", 7)

        async def come_back():
            await publish("a", "b", count=300)
            async with peers(1) as [peer]:
                hub().join(peer.outbound, "a", await catch_up(peer.outbound, {"a"}, 0))
                await publish("a")
                await peer.has(301)
                assert peer.cursors == [*range(1, 600, 2), 601]

        run(come_back())

    def test_what_is_kept_no_longer_is_not_passed_over(self):
        publish_now("a", count=3)
        Event.objects.filter(cursor__lte=2).delete()

        async def come_back():
            async with peers(1) as [peer]:
                with pytest.raises(Forgotten):
                    await catch_up(peer.outbound, {"a"}, 1)
                assert await catch_up(peer.outbound, {"a"}, 2) == 3

        run(come_back())

    def test_what_is_deleted_while_it_is_read_is_not_passed_over(self, monkeypatch):
        publish_now("a", count=3)
        whole = reading.read_after

        def read_after(*args, **kwargs):
            Event.objects.filter(cursor=1).delete()
            return whole(*args, **kwargs)

        monkeypatch.setattr(reading, "read_after", read_after)
        with pytest.raises(Forgotten):
            reading.read_missed(0, {"a"}, most=10)

    def test_a_cursor_that_was_never_given_is_told(self):
        publish_now("a")
        with pytest.raises(Forgotten):
            reading.read_missed(2, {"a"}, most=10)


class TestHandingOut:
    def test_a_message_is_encoded_once_for_all_sockets(self, monkeypatch):
        encoded = []
        whole = reading._encode
        monkeypatch.setattr(reading, "_encode", lambda message: encoded.append(1) or whole(message))

        async def fan_out():
            async with peers(50) as many:
                [hub().join(peer.outbound, "a", 0) for peer in many]
                await publish("a", count=3)
                await asyncio.gather(*(peer.has(3) for peer in many))
                assert len({id(peer.sent[0]) for peer in many}) == 1

        run(fan_out())
        assert len(encoded) == 3

    def test_a_lost_nudge_does_no_harm(self):
        async def follow():
            async with peers(1) as [peer]:
                hub().join(peer.outbound, "a", 0)
                await asyncio.sleep(0.2)
                await publish("a")
                await peer.has(1)

        run(follow())

    def test_a_nudge_is_heard_at_once(self, monkeypatch, settings):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": "core.streams.layer.ThreadSafeLayer"}}
        monkeypatch.setattr(hubs, "POLL_SECONDS", 600)

        async def follow():
            async with peers(1) as [peer]:
                hub().join(peer.outbound, "a", 0)
                await asyncio.sleep(0.2)
                await publish("a")
                async with asyncio.timeout(SECONDS):
                    while not peer.cursors:  # until it listens, nobody hears
                        await hubs.get_channel_layer().group_send(hubs.HUBS, {"type": "published", "cursor": 1})
                        await asyncio.sleep(0.01)

        run(follow())

    def test_more_streams_than_a_statement_names(self, monkeypatch):
        monkeypatch.setattr(reading, "MOST_NAMES", 1)

        async def follow():
            await publish("a", "b", "c")
            async with peers(1) as [peer]:
                hub().join(peer.outbound, "a", 0)
                hub().join(peer.outbound, "c", 0)
                await peer.has(2)
                assert peer.cursors == [1, 3]

        run(follow())

    @pytest.mark.parametrize("fault", [OperationalError, ValueError])
    def test_it_goes_on_after_a_reading_failed(self, fault, monkeypatch):
        whole, faults = reading.read_after, [fault(), fault()]

        def read_after(*args, **kwargs):
            if faults:
                raise faults.pop()
            return whole(*args, **kwargs)

        monkeypatch.setattr(reading, "read_after", read_after)

        async def follow():
            async with peers(1) as [peer]:
                hub().join(peer.outbound, "a", 0)
                await publish("a")
                await peer.has(1)

        run(follow())

    def test_what_failed_while_it_was_handed_out_comes_again(self, monkeypatch):
        whole, faults = hubs.text_message, [ValueError()]
        monkeypatch.setattr(hubs, "text_message", lambda text: whole(text) if not faults else raises(faults.pop()))

        async def follow():
            async with peers(1) as [peer]:
                hub().join(peer.outbound, "a", 0)
                await publish("a", count=2)
                await peer.has(2)
                assert peer.cursors == [1, 2]

        run(follow())

    def test_it_listens_again_after_a_fault_of_ours(self, monkeypatch):
        faults, listened = [ValueError()], []

        async def hear(_):
            raises(faults.pop()) if faults else listened.append(1)

        monkeypatch.setattr(hubs.Hub, "_hear_nudges", hear)

        async def follow():
            async with peers(1), asyncio.timeout(SECONDS):
                while not listened:
                    await asyncio.sleep(0.01)

        run(follow())

    def test_who_unwatched_is_handed_nothing(self):
        async def follow():
            async with peers(2) as (stays, goes):
                [hub().join(peer.outbound, "a", 0) for peer in (stays, goes)]
                hub().unwatch(goes.outbound, "a")
                await publish("a")
                await stays.has(1)
                assert goes.cursors == []

        run(follow())

    def test_the_last_socket_ends_the_hub(self):
        async def come_and_go():
            async with peers(3):
                first = hub()
            assert hub() is not first
            assert (first._tasks, first._watchers, first._sockets) == ([], {}, set())

        run(come_and_go())


class TestSlowReaders:
    def test_one_who_does_not_read_holds_up_nobody_and_is_closed(self):
        async def follow():
            async with peers(5) as (slow, *brisk):
                slow.reads.clear()
                [hub().join(peer.outbound, "a", 0) for peer in (slow, *brisk)]
                await publish("a", count=1000)
                await asyncio.gather(*(peer.has(1000) for peer in brisk))
                assert (slow.code, slow.outbound.waiting) == (1013, 0)

        run(follow())

    def test_one_who_reads_slowly_holds_up_nobody(self):
        async def follow():
            async with peers(2) as (slow, brisk):
                slow.pause_seconds = 0.08
                [hub().join(peer.outbound, "a", 0) for peer in (slow, brisk)]
                await publish("a", count=1000)
                await brisk.has(1000)

        run(follow())

    def test_one_who_still_reads_what_it_missed_holds_up_nobody(self, monkeypatch):
        monkeypatch.setattr(hubs, "SETTLE_SECONDS", 600)
        monkeypatch.setattr(sockets, "BRISK_SECONDS", 600)

        async def follow():
            async with peers(2) as (behind, brisk):
                behind.reads.clear()
                [behind.outbound.offer(hubs.PING) for _ in range(sockets.MOST_WAITING)]
                hub().join(brisk.outbound, "a", 0)
                await publish("a", count=300)
                await brisk.has(300)

        run(follow())

    def test_one_who_stalls_is_closed_without_an_overflow(self, monkeypatch):
        monkeypatch.setattr(sockets, "STALL_SECONDS", 0.1)

        async def follow():
            async with peers(1) as [peer]:
                peer.reads.clear()
                hub().join(peer.outbound, "a", 0)
                await publish("a")
                async with asyncio.timeout(SECONDS):
                    while not peer.has_ended:
                        await asyncio.sleep(0.01)
                assert peer.code == 1013

        run(follow())

    def test_catching_up_is_as_fast_as_the_peer_reads(self):
        async def come_back():
            await publish("a", count=600)
            async with peers(1) as [peer]:
                peer.reads.clear()
                catching_up = asyncio.create_task(catch_up(peer.outbound, {"a"}, 0))
                await asyncio.sleep(0.3)
                assert peer.outbound.waiting <= sockets.MOST_WAITING
                peer.reads.set()
                assert await catching_up == 600
                await peer.has(600)

        run(come_back())

    def test_sockets_are_pinged(self, monkeypatch):
        monkeypatch.setattr(hubs, "PING_SECONDS", 0)

        async def wait():
            async with peers(1) as [peer]:
                async with asyncio.timeout(SECONDS):
                    while hubs.PING not in peer.sent:
                        await asyncio.sleep(0.01)

        run(wait())


def test_what_is_read_names_its_stream_and_numbers():
    publish_now("a")
    found = reading.read_after(0, {"a"}, most=10)
    assert found.messages[0].text == '{"type":"x","stream":"a","seq":1,"cursor":1}'
    assert Event.objects.get().created_at <= timezone.now()
