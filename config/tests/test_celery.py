"""The worker's line to its broker: a worker that loses it with tasks in hand lives on."""

import pytest
from django.conf import settings
from kombu import Connection

from config.celery import SteadyConnection, app

needs_redis = pytest.mark.skipif(not settings.REDIS_URL, reason="no Redis")


def test_the_desk_looks_for_its_broker_with_a_steady_connection():
    assert isinstance(app.connection_for_read(), SteadyConnection)


@needs_redis
def test_a_connection_that_was_lost_with_a_message_in_hand_can_be_closed():
    with Connection(settings.REDIS_URL, transport_options={"global_keyprefix": "desk-test:"}) as connection:
        queue = connection.SimpleQueue("desk-test-lost")
        queue.put({})
        queue.get(timeout=5)  # and not acknowledged
        connection.transport.client = None  # what kombu leaves of a connection that broke
        queue.channel.close()
        assert queue.channel.closed
