"""The ASGI application: sockets of both modes, HTTP of the embedded one.

Served by this desk's own commands; for other servers see asgi.py.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from core.requests import DeskASGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CONN_MAX_AGE", "60")

http = get_asgi_application()
http.request_class = DeskASGIRequest

from config.sockets import sockets  # noqa: E402 - consumers need the apps to be ready


async def lifespan(
    scope: object, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Nothing to start and nothing to end: hubs come and go with their sockets."""
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})


application = ProtocolTypeRouter({"http": http, "websocket": sockets, "lifespan": lifespan})
