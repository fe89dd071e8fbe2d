"""The desk's sockets, with two more addresses for the bench: Channels' own way of fan-out, and an emitter inside.

`/bench/groups` adds each socket to a group, as Channels' tutorial does. `/bench/tell` takes what to emit, and does it
in this process: in the embedded mode nobody else can wake the relay.
"""

import json
import sys
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.conf import settings
from django.core.management import call_command
from django.urls import re_path

from config.application import application
from config.bench.telling import tell
from config.celery import app
from config.embedded import EmbeddedDesk
from config.sockets import sockets

GROUP = "bench"


class GroupSocket(AsyncWebsocketConsumer):
    """One channel and one group membership per socket."""

    groups = [GROUP]

    async def bench_told(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


class TellSocket(AsyncWebsocketConsumer):
    """Emits what it is asked for and answers with the moments of the commits."""

    channel_layer_alias = "none"

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        asked = json.loads(text_data or "{}")
        told = await database_sync_to_async(tell)(**asked)
        await self.send(text_data=json.dumps(told))


application.application_mapping["websocket"] = URLRouter(
    [
        re_path(r"^bench/groups$", GroupSocket.as_asgi()),
        re_path(r"^bench/tell$", TellSocket.as_asgi()),
        re_path(r"", sockets),
    ]
)

if __name__ == "__main__" and not settings.REDIS_URL:
    port = int(sys.argv[1])
    EmbeddedDesk(application=application, celery=app, host="127.0.0.1", port=port, on_ready=lambda: None).run()
elif __name__ == "__main__":
    call_command("sockets", port=int(sys.argv[1]))
