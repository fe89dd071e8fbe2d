"""Broadcasts: a topic's newest state reaches all who look, at most four a second, and a slow reader misses the rest."""

import asyncio
import json
import threading
import time
from types import SimpleNamespace

import pytest
from redis.exceptions import ConnectionError as RedisAway

from core.streams import broadcast
from core.streams.broadcast import Broadcaster, receiver
from core.tests.streaming import SECONDS, Peer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(monkeypatch):
    """What those who make states are told."""
    heard = []
    monkeypatch.setattr(broadcast, "makers", [lambda topics: heard.append(sorted(topics))])
    return heard


@pytest.fixture
def _at_once(monkeypatch):
    """What a test hands over comes at one moment, however long a busy machine takes over it."""
    monkeypatch.setattr(broadcast, "time", SimpleNamespace(monotonic=lambda: 100.0))


def run(work):
    asyncio.run(asyncio.wait_for(work, SECONDS))


def texts(peer):
    return [json.loads(message["text"]) for message in peer.sent if "text" in message]


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def send(states):
    """Send as the feed does: from a thread of its own."""
    broadcaster = Broadcaster()
    broadcaster.send(states)
    broadcaster.close()


async def sent(states):
    thread = threading.Thread(target=send, args=[states])
    thread.start()
    await asyncio.to_thread(thread.join)


def test_a_state_reaches_those_who_look_at_its_topic(told):
    async def look():
        mine, other = Peer(), Peer()
        receiver().join(mine.outbound, "a")
        receiver().join(other.outbound, "b")
        await until(lambda: told)
        while not mine.sent:  # until it listens, nobody hears
            await sent({"a": "1", "c": "3"})
            await asyncio.sleep(0.05)
        assert (texts(mine), texts(other)) == ([1], [])
        await receiver().leave(mine.outbound, "a")
        await receiver().leave(other.outbound, "b")

    run(look())


@pytest.mark.usefixtures("_at_once")
def test_what_comes_too_soon_waits_and_only_the_newest_goes_out(told):
    async def look():
        peer, began = Peer(), asyncio.get_running_loop().time()
        receiver().join(peer.outbound, "a")
        for number in range(20):
            receiver().take({"a": str(number)})
        await until(lambda: len(peer.sent) == 2)
        assert texts(peer) == [0, 19]
        assert asyncio.get_running_loop().time() - began >= 0.24
        await receiver().leave(peer.outbound, "a")

    run(look())


def test_one_that_a_busy_loop_still_holds_does_not_come_after_a_newer_one(told):
    async def look():
        peer, mine = Peer(), receiver()
        mine.join(peer.outbound, "a")
        mine.take({"a": "1"})
        mine.take({"a": "2"})
        time.sleep(2 / broadcast.PER_SECOND)  # the loop has its hands full
        mine.take({"a": "3"})
        await asyncio.sleep(0.1)
        assert texts(peer)[-1] == 3
        await mine.leave(peer.outbound, "a")

    run(look())


@pytest.mark.usefixtures("_at_once")
def test_a_state_that_waits_is_dropped_with_the_last_who_looked(told):
    async def look():
        peer, other = Peer(), Peer()
        mine = receiver()
        mine.join(peer.outbound, "a")
        mine.join(other.outbound, "b")
        mine.take({"a": "1"})
        mine.take({"a": "2"})
        await mine.leave(peer.outbound, "a")
        await asyncio.sleep(0.3)
        assert texts(peer) == [1]
        await mine.leave(other.outbound, "b")

    run(look())


def test_one_who_does_not_read_gets_the_newest_when_it_does(told):
    async def look():
        peer = Peer()
        peer.reads.clear()
        for number in range(300):
            peer.outbound.offer_newest("a", {"type": "websocket.send", "text": str(number)})
        assert peer.code is None
        peer.reads.set()
        await until(lambda: len(peer.sent) == 2)
        assert texts(peer) == [0, 299]

    run(look())


def test_makers_are_told_of_a_new_topic_at_once(told):
    async def look():
        peer = Peer()
        receiver().join(peer.outbound, "a")
        await until(lambda: told == [["a"]])
        receiver().join(peer.outbound, "b")
        await until(lambda: told == [["a"], ["a", "b"]])
        await receiver().leave(peer.outbound, "a")
        await receiver().leave(peer.outbound, "b")

    run(look())


def test_makers_are_told_again_and_again_though_one_failed(told, monkeypatch):
    monkeypatch.setattr(broadcast, "TELL_SECONDS", 0.02)

    def fail(topics):
        told.append("failed")
        raise ValueError("a fault of ours")

    broadcast.makers.insert(0, fail)

    async def look():
        peer = Peer()
        receiver().join(peer.outbound, "a")
        await until(lambda: len(told) >= 3)
        await receiver().leave(peer.outbound, "a")

    run(look())


def test_the_last_who_leaves_ends_the_listening(told):
    async def look():
        peer, before = Peer(), asyncio.all_tasks()
        first = receiver()
        first.join(peer.outbound, "a")
        await first.leave(peer.outbound, "a")
        assert asyncio.all_tasks() == before
        assert receiver() is not first

    run(look())


def test_a_redis_that_is_away_is_told_once_and_harms_nothing(monkeypatch, caplog):
    class Away:
        async def group_send(self, *_):
            raise RedisAway

    monkeypatch.setattr(broadcast, "get_channel_layer", Away)
    broadcaster = Broadcaster()
    broadcaster.send({"a": "1"})
    broadcaster.send({"a": "2"})
    broadcaster.close()
    assert [record.getMessage() for record in caplog.records] == ["states are not broadcast: ConnectionError"]
