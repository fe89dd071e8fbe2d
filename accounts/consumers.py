"""A person's WebSocket: letting them in, reading what they send, telling them what was wrong with it."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Coroutine
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from rest_framework.exceptions import ParseError

from accounts.following import Followed, Listed, Listing, Question, Wanted
from accounts.sockets import NOT_PROVED, Caller, Doorkeeper, caller_by_cookie, caller_by_token, doorkeeper
from accounts.tokens import InvalidToken
from core.api.parsers import read_json
from core.errors import AppError
from core.streams.hub import Hub, catch_up, hub, last_cursor
from core.streams.reading import Forgotten
from core.streams.sockets import COME_AGAIN, Outbound, text_message

logger = logging.getLogger(__name__)

PROOF_SECONDS = 10
LARGEST_FRAME = 64 * 1024

NOT_YOURS = 4403
TOO_BIG = 1009


class BadMessage(AppError):
    """What the client sent cannot be understood; the socket stays open."""

    code = "BAD_MESSAGE"


class PersonalConsumer(AsyncWebsocketConsumer):
    """A socket of one person. Subclasses say whom they let in (`may_enter`) and what messages mean (`obey`).

    It takes no channel of the layer: the hub listens for all sockets of the process.
    """

    channel_layer_alias = "none"

    scope: dict[str, Any]
    outbound: Outbound
    hub: Hub
    caller: Caller | None = None
    _doorkeeper: Doorkeeper | None = None
    _too_late: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self._ended = asyncio.Event()
        self.outbound = Outbound(send, end=self._ended.set)
        running = asyncio.ensure_future(super().__call__(scope, receive, send))
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait([running, ended], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running
        finally:
            running.cancel()
            ended.cancel()
            await asyncio.gather(running, ended, return_exceptions=True)
            await self._leave()

    async def dispatch(self, message: Any) -> None:
        """Handle one ASGI message. What reads the database closes its connection itself: no thread for a mere frame."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: Any) -> None:
        raise StopConsumer

    async def may_enter(self, caller: Caller) -> bool:
        """Say whether this socket is the caller's."""
        raise NotImplementedError

    async def obey(self, message: dict[str, Any]) -> None:
        """Do what one message asks. Raises AppError, which is told to the client."""
        raise NotImplementedError

    async def entered(self) -> None:
        """Begin what a socket does unasked. Called once, when the caller was let in."""

    async def left(self) -> None:
        """Let go of what `entered` and `obey` took. Called once at the end, whoever ended it."""

    async def connect(self) -> None:
        await self.accept()
        self.query = parse_qs(self.scope["query_string"].decode("latin-1"))
        self._too_late = asyncio.get_running_loop().call_later(PROOF_SECONDS, self.outbound.close, NOT_PROVED)
        token = self.query.get("token", [""])[0]
        await self.carefully(self._prove(token) if token else self._look_for_cookie())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.outbound.is_closed:
            return
        raw = None if text_data is None else text_data.encode()
        if len(raw or bytes_data or b"") > LARGEST_FRAME:
            self.outbound.close(TOO_BIG)
        else:
            await self.carefully(self._take(raw))

    async def tell(self, message: dict[str, Any]) -> None:
        """Send one message of our own."""
        await self.outbound.put(_encoded(message))

    def tell_at_once(self, message: dict[str, Any]) -> None:
        """Send one message of our own without waiting for room: for what happens to the client unasked."""
        self.outbound.offer(_encoded(message))

    def follow(self, question: Question, thing_id: UUID, *, lose: Callable[[], None]) -> None:
        """Have the caller's right to something asked for as long as the socket follows it; `lose` when it is gone."""
        assert self._doorkeeper is not None
        self._doorkeeper.following.add(self._followed(question, thing_id), lose=lose)

    def unfollow(self, question: Question, thing_id: UUID) -> None:
        """Have the right to something asked for no more."""
        assert self._doorkeeper is not None
        self._doorkeeper.following.remove(self._followed(question, thing_id))

    def keep_listed(self, listing: Listing, take: Callable[[Listed], None]) -> None:
        """Have a list of what is the caller's handed to `take` as long as the socket is open."""
        assert self._doorkeeper is not None
        assert self.caller is not None
        self._doorkeeper.following.keep_listed(self.outbound, Wanted(listing, self.caller.user.pk, take))

    def asked_cursor(self, message: dict[str, Any] | None = None) -> int | None:
        """Return `since` of the message, else of the address, else None. Raises BadMessage."""
        since = (message or {}).get("since", self.query.get("since", [None])[0])
        if since is None:
            return None
        if isinstance(since, str) and since.isascii() and since.isdigit() and len(since) <= 18:
            return int(since)
        if isinstance(since, int) and not isinstance(since, bool) and 0 <= since < 10**18:
            return since
        raise BadMessage("`since` is the cursor of a message: a whole number, not negative.", code="BAD_CURSOR")

    async def catch_up(self, streams: Collection[str], since: int, **named: str) -> int:
        """Send what was missed of streams, or `resync` with `named` where it is kept no longer; return the place."""
        try:
            return await catch_up(self.outbound, streams, since)
        except Forgotten:
            place = await last_cursor()
            await self.tell({"type": "resync", **named, "cursor": place})
            return place

    def _followed(self, question: Question, thing_id: UUID) -> Followed:
        assert self.caller is not None
        return Followed(self.outbound, question, (self.caller.user.pk, thing_id))

    async def _take(self, raw: bytes | None) -> None:
        message = _read(raw)
        if self.caller is None:
            await self._prove(message.get("token"))
        else:
            await self.obey(message)

    async def carefully(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something for the client; what is refused is told, and nothing breaks the socket but the database."""
        try:
            await work
        except AppError as refused:
            await self._refuse(refused)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("a socket is closed, the database is away: %s", type(error).__name__)
            self.outbound.close(COME_AGAIN)

    async def _refuse(self, refused: AppError) -> None:
        if self.caller is None:
            self.outbound.close(NOT_PROVED)
        else:
            await self.tell({"type": "error", "code": refused.code, "detail": refused.message})

    async def _prove(self, token: object) -> None:
        if not isinstance(token, str):
            raise InvalidToken
        await self._let_in(await _caller_by_token(token))

    async def _look_for_cookie(self) -> None:
        """A cookie that is missing or no good is no refusal: a token may follow as the first message."""
        caller = await _caller_by_cookie(self.scope)
        if caller is not None:
            await self._let_in(caller)

    async def _let_in(self, caller: Caller) -> None:
        if not await self.may_enter(caller):
            self.outbound.close(NOT_YOURS)
            return
        if self._too_late is not None:
            self._too_late.cancel()
        self.caller = caller
        self.hub, self._doorkeeper = hub(), doorkeeper()
        self.hub.enter(self.outbound)
        self._doorkeeper.enter(self.outbound, caller)
        await self.entered()

    async def _leave(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
        self.outbound.forget()
        if self._doorkeeper is not None:
            self._doorkeeper.leave(self.outbound)
            await self.hub.leave(self.outbound)
            await self.left()


def _encoded(message: dict[str, Any]) -> dict[str, Any]:
    return text_message(json.dumps(message, separators=(",", ":")))


def _read(raw: bytes | None) -> dict[str, Any]:
    if raw is None:
        raise BadMessage("A message is a text frame.")
    try:
        message = read_json(raw)
    except ParseError as error:
        raise BadMessage(str(error.detail)) from error
    if not isinstance(message, dict):
        raise BadMessage("A message is a JSON object.")
    return message


_caller_by_token = database_sync_to_async(caller_by_token)
_caller_by_cookie = database_sync_to_async(caller_by_cookie)
