"""The desk's sockets, with more addresses for the bench: Channels' own way of fan-out, and an emitter inside.

`/bench/groups` adds each socket to a group, as Channels' tutorial does, on Channels' own layer: the one on Redis, or
its in-memory one. `/bench/tell` takes what to emit, `/bench/send` what to send to the group, and does it in this
process: in the embedded mode nobody else can wake the relay, or reach the layer.
"""

import json
import sys
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from django.conf import settings
from django.core.management import call_command
from django.urls import re_path

from config.application import application
from config.bench.telling import send_to_group, tell
from config.celery import app
from config.embedded import EmbeddedDesk
from config.sockets import sockets

GROUP = "bench"
STOCK = "default" if settings.REDIS_URL else "stock"


class GroupSocket(AsyncWebsocketConsumer):
    """One channel and one group membership per socket."""

    groups = [GROUP]
    channel_layer_alias = STOCK

    async def bench_told(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


class TellSocket(AsyncWebsocketConsumer):
    """Emits what it is asked for and answers with the moments of the commits."""

    channel_layer_alias = "none"

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        asked = json.loads(text_data or "{}")
        told = await database_sync_to_async(tell)(**asked)
        await self.send(text_data=json.dumps(told))


class SendSocket(AsyncWebsocketConsumer):
    """Sends to the group what it is asked for and answers when it began."""

    channel_layer_alias = "none"

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        asked = json.loads(text_data or "{}")
        began = await send_to_group(get_channel_layer(STOCK), GROUP, asked["text"], count=asked["count"])
        await self.send(text_data=json.dumps(began))


if not settings.REDIS_URL:
    settings.CHANNEL_LAYERS[STOCK] = {"BACKEND": "channels.layers.InMemoryChannelLayer"}

application.application_mapping["websocket"] = URLRouter(
    [
        re_path(r"^bench/groups$", GroupSocket.as_asgi()),
        re_path(r"^bench/tell$", TellSocket.as_asgi()),
        re_path(r"^bench/send$", SendSocket.as_asgi()),
        re_path(r"", sockets),
    ]
)

if __name__ == "__main__" and not settings.REDIS_URL:
    port = int(sys.argv[1])
    EmbeddedDesk(application=application, celery=app, host="127.0.0.1", port=port, on_ready=lambda: None).run()
elif __name__ == "__main__":
    call_command("sockets", port=int(sys.argv[1]))
