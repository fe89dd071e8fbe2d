"""Conversations over a socket, in this process: what is said, what is heard, what it was closed with."""

import asyncio
import json

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.utils import timezone

from accounts.services.sessions import Device, open_session
from config.sockets import sockets

SECONDS = 30


def token_of(user):
    return open_session(user, device=Device(), now=timezone.now()).access


class Conversation:
    """One conversation over a socket; `code` is what it was closed with."""

    def __init__(self, path, headers=()):
        self._peer = WebsocketCommunicator(sockets, path, headers=list(headers))
        self.code = None

    async def __aenter__(self):
        accepted, _ = await self._peer.connect(timeout=SECONDS)
        assert accepted
        return self

    async def __aexit__(self, *_):
        await self._peer.disconnect(timeout=SECONDS)

    async def say(self, **message):
        await self._peer.send_json_to(message)

    async def say_raw(self, text=None, raw=None):
        await self._peer.send_to(text_data=text, bytes_data=raw)

    async def hear(self):
        """Return the next message, or None once the socket is closed."""
        told = await self._peer.receive_output(timeout=SECONDS)
        if told["type"] == "websocket.close":
            self.code = told["code"]
            return None
        return json.loads(told["text"])


def talk(work):
    """Run a conversation. Channels' own tools keep connections from being closed after use: it is done here."""

    async def whole():
        try:
            return await asyncio.wait_for(work(), 3 * SECONDS)
        finally:
            await database_sync_to_async(connections.close_all)()

    return asyncio.run(whole())
