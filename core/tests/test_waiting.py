"""Waiting for a worker: an announcement wakes whoever listens, and waiting never takes every thread."""

import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from django.conf import settings as running
from redis import RedisError

from core import waiting

WAIT_SECONDS = 30

BACKENDS = ["", pytest.param(running.REDIS_URL, marks=pytest.mark.skipif(not running.REDIS_URL, reason="no Redis"))]


@pytest.fixture(params=BACKENDS, ids=["one process", "redis"], autouse=True)
def _backend(request, settings):
    settings.REDIS_URL = request.param


@pytest.fixture
def key():
    return uuid.uuid4().hex


def test_an_announcement_wakes_who_waits(key):
    with waiting.waiter(key) as waiter:
        timer = threading.Timer(0.05, waiting.announce, [key])
        timer.start()
        assert waiter.wait(WAIT_SECONDS)
        timer.join()


def test_an_announcement_between_listening_and_waiting_is_not_missed(key):
    with waiting.waiter(key) as waiter:
        waiting.announce(key)
        assert waiter.wait(WAIT_SECONDS)


def test_an_announcement_wakes_all_who_wait(key):
    with waiting.waiter(key) as one, waiting.waiter(key) as other:
        waiting.announce(key)
        assert (one.wait(WAIT_SECONDS), other.wait(WAIT_SECONDS)) == (True, True)


def test_without_an_announcement_the_wait_ends_after_its_time(key):
    began = time.monotonic()
    with waiting.waiter(key) as waiter:
        assert not waiter.wait(0.1)
    assert 0.1 <= time.monotonic() - began < WAIT_SECONDS


def test_another_announcement_wakes_nobody(key):
    with waiting.waiter(key) as waiter:
        waiting.announce(f"{key}-other")
        assert not waiter.wait(0.05)


def test_an_announcement_that_nobody_waits_for_is_forgotten(key):
    waiting.announce(key)
    with waiting.waiter(key) as waiter:
        assert not waiter.wait(0.05)


def test_nothing_is_kept_of_those_who_waited(key):
    with waiting.waiter(key) as waiter:
        waiter.wait(0)
    assert key not in waiting._events


def test_only_so_many_may_wait_at_once():
    with ExitStack() as stack:
        taken = [stack.enter_context(waiting.place_to_wait()) for _ in range(running.WEBHOOK_WAITING_MOST + 1)]
    assert taken == [True] * running.WEBHOOK_WAITING_MOST + [False]


def test_a_place_is_given_back_also_after_an_error():
    with suppress(ZeroDivisionError), waiting.place_to_wait():
        raise ZeroDivisionError
    with ExitStack() as stack:
        taken = [stack.enter_context(waiting.place_to_wait()) for _ in range(running.WEBHOOK_WAITING_MOST)]
    assert all(taken)


class TestBrokenRedis:
    """Waiting is a courtesy: without Redis nobody is told and nothing breaks."""

    @pytest.fixture(autouse=True)
    def _broken(self, settings, monkeypatch):
        monkeypatch.setattr(waiting, "_patience_with", {})
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

    def test_an_announcement_is_lost_quietly(self, key, caplog):
        waiting.announce(key)
        assert "redis does not answer" in caplog.text

    def test_waiting_ends_at_once(self, key):
        with waiting.waiter(key) as waiter:
            assert not waiter.wait(WAIT_SECONDS)

    def test_who_waits_is_told_that_nobody_will_come(self, key):
        with waiting.waiter(key) as waiter:
            assert not waiter.hears

    def test_it_is_not_asked_again_at_once(self, key, monkeypatch):
        waiting.announce(key)
        monkeypatch.setattr(waiting, "_redis", lambda: 1 / 0)
        waiting.announce(key)


class TestHangingRedis:
    """A server that takes connections and says nothing."""

    @pytest.fixture(autouse=True)
    def _hanging(self, settings, monkeypatch):
        monkeypatch.setattr(waiting, "_patience_with", {})
        monkeypatch.setattr(waiting, "ANSWER_SECONDS", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as door:
            settings.REDIS_URL = f"redis://127.0.0.1:{door.getsockname()[1]}/0"
            yield

    def test_who_waits_is_told_that_nobody_will_come(self, key):
        with waiting.waiter(key) as waiter:
            assert not waiter.hears

    def test_the_next_who_waits_does_not_ask_it(self, key, monkeypatch):
        with waiting.waiter(key):
            monkeypatch.setattr(waiting, "_listens", lambda subscription, channel: waiting._patience().worth_asking())
        with waiting.waiter(key) as waiter:
            assert not waiter.hears


def test_an_error_of_redis_while_waiting_is_a_wait_in_vain():
    class Broken:
        def get_message(self, **_):
            raise RedisError

    assert not waiting.Waiter(Broken()).wait(1)


def test_many_threads_that_ask_first_share_one_client(monkeypatch, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(waiting, "_clients", {})
    made = []
    monkeypatch.setattr(
        waiting.redis.Redis, "from_url", lambda *_, **__: time.sleep(0.05) or made.append(1) or object()
    )
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: waiting._redis(), range(8)))
    assert made == [1]
