"""The channel layer of the one process: Channels' own rules, and threads that wake each other's event loops."""

import asyncio
import threading

import pytest
from channels.exceptions import ChannelFull

from core.streams.layer import ThreadSafeLayer, _Channel


@pytest.fixture
def layer():
    return ThreadSafeLayer(capacity=3)


def run(work):
    return asyncio.run(asyncio.wait_for(work, 60))


def test_a_message_waits_for_its_receiver(layer):
    run(layer.send("one", {"type": "a"}))
    assert run(layer.receive("one")) == {"type": "a"}


def test_messages_come_in_the_order_of_sending(layer):
    run(layer.send("one", {"type": "a"}))
    run(layer.send("one", {"type": "b"}))
    assert [run(layer.receive("one"))["type"], run(layer.receive("one"))["type"]] == ["a", "b"]


def test_another_thread_wakes_the_receiver_at_once(layer):
    async def receive():
        asyncio.get_running_loop().call_soon(threading.Thread(target=run, args=[layer.send("one", {"n": 1})]).start)
        return await layer.receive("one")

    assert run(receive()) == {"n": 1}


def test_a_group_reaches_its_members_in_several_loops(layer):
    told = []
    run(layer.group_add("all", "one"))
    run(layer.group_add("all", "two"))
    hear = [threading.Thread(target=lambda n=name: told.append(run(layer.receive(n)))) for name in ("one", "two")]
    [thread.start() for thread in hear]
    run(layer.group_send("all", {"n": 1}))
    [thread.join(60) for thread in hear]
    assert told == [{"n": 1}, {"n": 1}]


def test_who_left_a_group_is_told_nothing(layer):
    run(layer.group_add("all", "one"))
    run(layer.group_discard("all", "one"))
    run(layer.group_send("all", {"n": 1}))
    assert (layer._channels, layer._groups) == ({}, {})


def test_a_full_channel_takes_no_more(layer):
    run(_fill(layer))
    with pytest.raises(ChannelFull):
        run(layer.send("one", {"n": 4}))


def test_a_group_passes_over_a_full_channel(layer):
    run(_fill(layer))
    run(layer.group_add("all", "one"))
    run(layer.group_add("all", "two"))
    run(layer.group_send("all", {"n": 4}))
    assert run(layer.receive("two")) == {"n": 4}


def test_a_message_is_a_copy(layer):
    message = {"deep": {"n": 1}}
    run(layer.send("one", message))
    message["deep"]["n"] = 2
    assert run(layer.receive("one")) == {"deep": {"n": 1}}


def test_what_nobody_reads_runs_out_and_leaves_its_groups():
    layer = ThreadSafeLayer(expiry=-1)
    run(layer.group_add("all", "one"))
    run(layer.group_send("all", {"n": 1}))
    run(layer.group_send("all", {"n": 2}))
    assert layer._groups == {}


def test_a_receiver_that_gives_up_leaves_nothing_behind(layer):
    async def give_up():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await layer.receive("one")

    run(give_up())
    assert layer._channels == {}


def test_a_receiver_whose_loop_is_gone_holds_nobody_up(layer):
    loop = asyncio.new_event_loop()
    loop.close()
    layer._channels["one"] = channel = _Channel()
    channel.waiting.append((loop, asyncio.Future(loop=loop)))
    run(layer.send("one", {"n": 1}))
    assert run(layer.receive("one")) == {"n": 1}


def test_channel_names_are_new_each_time(layer):
    assert run(layer.new_channel()) != run(layer.new_channel())


async def _fill(layer):
    for number in range(3):
        await layer.send("one", {"n": number})
