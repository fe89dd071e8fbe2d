"""HTTP in the embedded mode; the sockets of both modes will stand beside it."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

NOT_THERE = 4403


async def no_socket(scope: dict[str, Any], receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
    """There are no sockets yet: close at once, in the contract's words not there or not yours."""
    await send({"type": "websocket.close", "code": NOT_THERE})


application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": no_socket})
