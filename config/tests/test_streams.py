"""From a committed row to a real socket, in both modes: each message once and in order, whatever is interrupted."""

import pytest

from config.tests.desks import (
    distributed_desk,
    embedded_desk,
    needs_servers,
    redis_server,
    subscribe,
    updates,
)
from config.tests.processes import free_port

pytestmark = pytest.mark.slow

MISSED = 500


@pytest.fixture(params=["embedded", pytest.param("distributed", marks=needs_servers)])
def desk(request, tmp_path):
    if request.param == "embedded":
        with embedded_desk(tmp_path) as running:
            yield running
        return
    port = free_port()
    with redis_server(tmp_path, port), distributed_desk(tmp_path, redis_port=port) as running:
        yield running


def numbers(messages):
    return [message["data"]["facts"][0]["number"] for message in messages]


def test_what_was_missed_comes_once_and_in_order(desk):
    bot_id = desk.bot_id()
    with desk.socket() as socket:
        cursor = subscribe(socket, bot_id)["cursor"]
    desk.tell(bot_id, MISSED)
    with desk.socket() as socket:
        subscribe(socket, bot_id, since=cursor)
        missed = updates(socket, MISSED)
        desk.tell(bot_id, 3, first=MISSED)
        live = updates(socket, 3)
    assert numbers(missed + live) == list(range(MISSED + 3))
    assert [m["seq"] for m in missed + live] == list(range(missed[0]["seq"], missed[0]["seq"] + MISSED + 3))


def test_a_change_of_a_bot_reaches_its_followers(desk):
    bot_id = desk.bot_id()
    with desk.socket() as socket:
        subscribe(socket, bot_id)
        desk.post(f"bots/{bot_id}/stop")
        fact = updates(socket, 1)[0]["data"]["facts"][0]
    assert (fact["type"], fact["status"]) == ("BotChanged", "stopped")
