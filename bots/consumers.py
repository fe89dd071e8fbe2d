"""The socket of bot updates: whoever may read a bot may follow what it does."""

from functools import partial
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from accounts.consumers import BadMessage, PersonalConsumer
from accounts.models import User
from accounts.sockets import Caller
from bots.selectors.bots import TO_READ, readable_bot, readable_pairs
from core.errors import AppError, Forbidden, Missing
from core.streams.hub import last_cursor
from trading.services.facts import bot_stream

MOST_SUBSCRIPTIONS = 1000


class BotUpdates(PersonalConsumer):
    """`/ws/{user_id}`: subscribe and unsubscribe by `bot_id`, ping. The user is the caller, an admin's too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bots: set[UUID] = set()

    async def may_enter(self, caller: Caller) -> bool:
        return bool(self.scope["url_route"]["kwargs"]["user_id"] == str(caller.user.pk))

    async def obey(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "ping":
            await self.tell({"type": "pong"})
        elif kind == "subscribe":
            await self._subscribe(message)
        elif kind == "unsubscribe":
            await self._unsubscribe(message)
        else:
            raise BadMessage("The type of a message is subscribe, unsubscribe or ping.", code="UNKNOWN_TYPE")

    async def _subscribe(self, message: dict[str, Any]) -> None:
        assert self.caller is not None
        since = self.asked_cursor(message)
        bot_id = await _readable_bot(self.caller.user.pk, _bot_id(message))
        if bot_id not in self._bots and len(self._bots) >= MOST_SUBSCRIPTIONS:
            raise AppError(f"A socket follows {MOST_SUBSCRIPTIONS} bots at most.", code="TOO_MANY_SUBSCRIPTIONS")
        place = await self._begin(bot_id, since)
        self._bots.add(bot_id)
        # Asked for from the confirmation on: where the right is gone already, `unsubscribed` is the last word.
        self.follow(readable_pairs, bot_id, lose=partial(self._lose, bot_id))
        if place is not None:
            self.hub.join(self.outbound, bot_stream(bot_id), place)

    async def _begin(self, bot_id: UUID, since: int | None) -> int | None:
        """Confirm and send what was missed; return the place to go on from, None where the hub does so by itself."""
        stream = bot_stream(bot_id)
        if since is not None:
            self.hub.unwatch(self.outbound, stream)
            await self._confirm(bot_id, since)
            return await self.catch_up({stream}, since, stream=stream)
        watched = self.hub.watches(self.outbound, stream)
        place = await last_cursor() if watched is None else watched
        await self._confirm(bot_id, place)
        return place if watched is None else None

    async def _confirm(self, bot_id: UUID, cursor: int) -> None:
        stream = bot_stream(bot_id)
        await self.tell({"type": "subscribed", "bot_id": str(bot_id), "stream": stream, "cursor": cursor})

    async def _unsubscribe(self, message: dict[str, Any]) -> None:
        bot_id = _bot_id(message)
        if bot_id not in self._bots:
            raise Missing("The socket does not follow this bot.")
        self.unfollow(readable_pairs, bot_id)
        self._let_go(bot_id)
        await self.tell(_unsubscribed(bot_id))

    def _lose(self, bot_id: UUID) -> None:
        self._let_go(bot_id)
        self.tell_at_once(_unsubscribed(bot_id))

    def _let_go(self, bot_id: UUID) -> None:
        self._bots.discard(bot_id)
        self.hub.unwatch(self.outbound, bot_stream(bot_id))


def _unsubscribed(bot_id: UUID) -> dict[str, str]:
    return {"type": "unsubscribed", "bot_id": str(bot_id)}


def _bot_id(message: dict[str, Any]) -> UUID:
    try:
        return UUID(message["bot_id"])
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise Missing("There is no such bot.") from error


@database_sync_to_async
def _readable_bot(user_id: UUID, bot_id: UUID) -> UUID:
    """Ask of the user as they are now: a socket stands for hours, and the role of who opened it may have changed."""
    user = User.objects.get(pk=user_id)
    if not user.has_perm(TO_READ):
        raise Forbidden("Your role may not read bots.")
    return readable_bot(user, bot_id).pk
