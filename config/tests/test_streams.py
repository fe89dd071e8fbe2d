"""From a committed row to a real socket, in both modes: each message once and in order, whatever is interrupted."""

import contextlib
import json
import signal
import sys
import time
import uuid
from pathlib import Path

import pytest
import requests
from websockets.exceptions import ConnectionClosed

from config.tests.desks import (
    distributed_desk,
    embedded_desk,
    granian,
    needs_servers,
    receive,
    redis_server,
    subscribe,
    updates,
)
from config.tests.processes import free_port, started

pytestmark = pytest.mark.slow

MISSED = 500
SOON_SECONDS = 10  # on an idle machine it is within one


def embedded(folder):
    with embedded_desk(folder) as running:
        yield running


def distributed(folder, **options):
    port = free_port()
    with redis_server(folder, port) as redis, distributed_desk(folder, redis_port=port, **options) as running:
        running.processes["redis"] = redis
        yield running


@pytest.fixture(
    scope="module",
    params=[embedded, pytest.param(distributed, marks=needs_servers)],
    ids=["embedded", "distributed"],
)
def desk(request, tmp_path_factory):
    """One for all tests that leave it as it was: it takes eight seconds to start."""
    yield from request.param(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def several(tmp_path):
    yield from distributed(tmp_path)


@pytest.fixture
def on_granian(tmp_path):
    yield from distributed(tmp_path, server=granian)


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
        subscribe(socket, bot_id, since=0)
        desk.post(f"bots/{bot_id}/stop")
        told = updates(socket, 2, fact="BotChanged")
    assert [message["data"]["facts"][0]["status"] for message in told] == ["active", "stopped"]


def closing_code(socket):
    """Read until the socket is closed; return the code."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=60)
    return socket.close_code


def test_whoever_is_not_proved_or_somebody_else_is_turned_away(desk):
    with desk.socket(query="?token=canary-7") as nobody, desk.socket(user_id=str(uuid.uuid4())) as other:
        assert (closing_code(nobody), closing_code(other)) == (4401, 4403)
    assert "canary-7" not in "".join(process.text() for process in desk.processes.values())


def test_a_bot_that_is_not_there_is_told_in_words(desk):
    with desk.socket() as socket:
        socket.send(json.dumps({"type": "subscribe", "bot_id": str(uuid.uuid4())}))
        assert receive(socket, "error")["code"] == "NOT_FOUND"


def test_a_frame_that_is_too_large_closes_the_socket(desk):
    with desk.socket() as socket:
        socket.send("x" * 70_000)
        assert closing_code(socket) == 1009


def test_logging_out_closes_the_socket(desk):
    with desk.socket() as socket:
        socket.send(json.dumps({"type": "ping"}))
        receive(socket, "pong")
        desk.post("auth/logout")
        began = time.monotonic()
        assert (closing_code(socket), time.monotonic() - began < SOON_SECONDS) == (4401, True)
    desk.log_in()


def test_a_token_is_in_no_log_line(desk):
    with desk.socket() as socket:
        subscribe(socket, desk.bot_id())
    assert desk.token not in "".join(process.text() for process in desk.processes.values())


@needs_servers
def test_redis_stops_in_the_middle_and_nothing_is_missed(several, tmp_path):
    bot_id, port = several.bot_id(), int(several.env["REDIS_URL"].rpartition(":")[2].partition("/")[0])
    with several.socket() as socket:
        subscribe(socket, bot_id)
        several.tell(bot_id, 20)
        several.processes["redis"].stop(signal.SIGKILL)
        several.tell(bot_id, 20, first=20)
        with redis_server(tmp_path, port):
            several.tell(bot_id, 20, first=40)
            assert numbers(updates(socket, 60)) == list(range(60))


@needs_servers
def test_a_relay_is_killed_in_the_middle_and_another_goes_on(several, tmp_path):
    bot_id, relay = several.bot_id(), (sys.executable, "manage.py", "relay")
    with several.socket() as socket, started(*relay, env=several.env, log=tmp_path / "second.log"):
        subscribe(socket, bot_id)
        several.tell(bot_id, 50)
        several.processes["relay"].stop(signal.SIGKILL)
        several.tell(bot_id, 50, first=50)
        assert numbers(updates(socket, 100)) == list(range(100))


@needs_servers
def test_a_relay_stops_at_once(several):
    bot_id = several.bot_id()
    with several.socket() as socket:  # what arrives says that the relay runs
        subscribe(socket, bot_id)
        several.tell(bot_id, 1)
        updates(socket, 1)
    assert several.processes["relay"].stop() < SOON_SECONDS
    assert several.processes["relay"].popen.returncode == 0


@needs_servers
def test_granian_serves_sockets_and_http_too(on_granian):
    bot_id = on_granian.bot_id()
    with on_granian.socket() as socket:
        subscribe(socket, bot_id)
        on_granian.tell(bot_id, 10)
        assert numbers(updates(socket, 10)) == list(range(10))
    assert requests.get(f"{on_granian.base}/health", timeout=60).status_code == 200
    assert "Lifespan" not in on_granian.processes["sockets"].text()


def resident_kb(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def test_who_stops_reading_costs_no_memory_and_holds_up_nobody(desk):
    name = "serve" if "serve" in desk.processes else "sockets"
    bot_id, pid = desk.bot_id(), desk.processes[name].popen.pid
    with desk.unread_socket(say=json.dumps({"type": "subscribe", "bot_id": bot_id})), desk.socket() as brisk:
        subscribe(brisk, bot_id)
        before = resident_kb(pid)
        desk.tell(bot_id, 1500, padding=20_000)
        assert numbers(updates(brisk, 1500)) == list(range(1500))
        assert resident_kb(pid) - before < 20_000  # what was sent is 30 MB
