"""How worker, beat and nudges hold on to the broker: looked for once a second, and never the end of a worker."""

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection
from kombu.transport import redis
from redis.exceptions import ConnectionError as LineIsBroken

RECONNECT_SECONDS = 1


class SteadyChannel(redis.Channel):
    """Says that a line is broken where kombu 5.7 trips over it.

    A worker whose Redis dies puts back, or acknowledges, what it has in hand, on a channel that has lost its
    connection: that is an AttributeError there, and the end of the worker ("Unrecoverable error").
    """

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise LineIsBroken("The channel has lost its connection.")
        parameters: dict[str, Any] = super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]
        return parameters


redis.Transport.Channel = SteadyChannel


class SteadyConnection(Connection):
    """Looks for a broker that is away once a second: Celery's own pauses grow to half a minute."""

    def ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        steady = {"interval_start": RECONNECT_SECONDS, "interval_step": 0, "interval_max": RECONNECT_SECONDS}
        return super().ensure_connection(*args, **{**steady, **kwargs})


class SteadyAMQP(AMQP):
    Connection = SteadyConnection
