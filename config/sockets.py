"""All addresses of WebSockets."""

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import re_path

from bots.consumers import BotUpdates
from market.consumers import MarketTicks
from trading.consumers import AccountUpdates, OrderUpdates

NOT_THERE = 4403


class NoSocket(AsyncWebsocketConsumer):
    """An address where there is none: accepted first, so that a browser sees the code."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=NOT_THERE)


routes = [
    re_path(r"^api/v1/ws/market/(?P<symbol>.+?)/?$", MarketTicks.as_asgi()),
    re_path(r"^api/v1/ws/orders/?$", OrderUpdates.as_asgi()),
    re_path(r"^(?:api/v1/)?ws/accounts/(?P<account_id>[^/]+)/?$", AccountUpdates.as_asgi()),
    re_path(r"^(?:api/v1/)?ws/(?P<user_id>[^/]+)/?$", BotUpdates.as_asgi()),
    re_path(r"", NoSocket.as_asgi()),
]

sockets = URLRouter(routes)
