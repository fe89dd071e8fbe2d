"""The worker's line to its broker: a worker that loses it with tasks in hand lives on."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import settings
from kombu import Connection
from kombu.simple import SimpleQueue
from redis import Redis

from config.broker import SteadyConnection
from config.celery import app

needs_redis = pytest.mark.skipif(not settings.REDIS_URL, reason="no Redis")


@pytest.fixture
def in_hand() -> Iterator[tuple[Connection, SimpleQueue, object]]:
    """A connection, its queue and a message of it that is not acknowledged yet."""
    mine = f"desk-test:{uuid4()}:"  # another run may be at the same Redis
    connection = Connection(settings.REDIS_URL, transport_options={"global_keyprefix": mine})
    queue = connection.SimpleQueue("lost")
    queue.put({})
    yield connection, queue, queue.get(timeout=60)
    queue.channel.qos._on_collect.cancel()  # it would put the message back when Python ends
    connection.release()
    with Redis.from_url(settings.REDIS_URL) as redis:
        for key in redis.scan_iter(f"{mine}*"):
            redis.delete(key)


def test_the_desk_looks_for_its_broker_with_a_steady_connection():
    assert isinstance(app.connection_for_read(), SteadyConnection)


@needs_redis
def test_closing_a_broken_channel_with_a_message_in_hand_is_an_error_of_the_connection(in_hand, monkeypatch):
    connection, queue, _ = in_hand
    with monkeypatch.context() as broken:
        broken.setattr(connection.transport, "client", None)  # what kombu leaves of a connection that broke
        with pytest.raises(connection.connection_errors):
            queue.channel.close()


@needs_redis
def test_acknowledging_on_a_broken_channel_is_an_error_of_the_connection(in_hand, monkeypatch):
    connection, queue, message = in_hand
    queue.channel._disconnect_pools()
    with monkeypatch.context() as broken:
        broken.setattr(queue.channel, "connection", None)
        with pytest.raises(connection.connection_errors):
            message.ack()
