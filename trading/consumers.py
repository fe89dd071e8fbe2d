"""The sockets of trading: all that happens to one account, and what becomes of all of a person's orders."""

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from accounts.consumers import NOT_YOURS, BadMessage, PersonalConsumer
from accounts.facts import account_stream
from accounts.following import Listed
from accounts.sockets import Caller
from core.streams.hub import last_cursor
from trading.profits import profits
from trading.selectors.readers import accounts_with_orders, readable_accounts

ORDER_UPDATE = "order_update"


class TradingConsumer(PersonalConsumer):
    """A socket that begins by itself and understands nothing but ping."""

    async def obey(self, message: dict[str, Any]) -> None:
        if message.get("type") != "ping":
            raise BadMessage("The type of a message is ping.", code="UNKNOWN_TYPE")
        await self.tell({"type": "pong"})

    async def asked_or_now(self, now: int) -> tuple[int, bool]:
        """Return the cursor to begin after and whether something may be missed; a bad `since` is told, and is now."""
        try:
            since = self.asked_cursor()
        except BadMessage as bad:
            await self.tell({"type": "error", "code": bad.code, "detail": bad.message})
            since = None
        return (now, False) if since is None else (since, True)


class AccountUpdates(TradingConsumer):
    """`/ws/accounts/{account_id}`: orders, positions, balance as they change, profit and loss as prices move."""

    _account_id: UUID
    _looks_at_profits = False

    async def may_enter(self, caller: Caller) -> bool:
        """Let in who may read all of the account: a share of its bot or group does not show it."""
        try:
            self._account_id = UUID(self.scope["url_route"]["kwargs"]["account_id"])
        except ValueError:
            return False
        pair = (caller.user.pk, self._account_id)
        return pair in await _readable({pair})

    async def entered(self) -> None:
        stream = account_stream(self._account_id)
        place, is_behind = await self.asked_or_now(await last_cursor())
        await self.tell(
            {"type": "connected", "account_id": str(self._account_id), "stream": stream, "cursor": place},
        )
        # Asked for from now on: where the right is gone already, the socket ends.
        self.follow(readable_accounts, self._account_id, lose=partial(self.outbound.close, NOT_YOURS))
        if is_behind:
            place = await self.catch_up({stream}, place, stream=stream)
        if not self.outbound.is_closed:
            self.hub.join(self.outbound, stream, place)
            self._looks_at_profits = True
            profits().join(self.outbound, self._account_id)

    async def left(self) -> None:
        if self._looks_at_profits:
            await profits().leave(self.outbound, self._account_id)


class OrderUpdates(TradingConsumer):
    """`/api/v1/ws/orders`: what becomes of the orders of all accounts that the caller owns, new accounts too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._accounts: set[UUID] = set()
        self._joining: set[asyncio.Task[None]] = set()
        self._listed_at = 0

    async def may_enter(self, caller: Caller) -> bool:
        self._first = await _with_orders({caller.user.pk})
        return caller.user.pk in self._first.things

    async def entered(self) -> None:
        assert self.caller is not None
        self.outbound.only = ORDER_UPDATE
        place, is_behind = await self.asked_or_now(self._first.cursor)
        await self.tell({"type": "connected", "cursor": place})
        self._listed_at = self._first.cursor
        self._accounts = set(self._first.things[self.caller.user.pk])
        if is_behind:
            place = await self.catch_up(self._streams(self._accounts), place)
        self._join(self._accounts, place)
        self.keep_listed(accounts_with_orders, self._follow_list)

    async def left(self) -> None:
        joining, self._joining = self._joining, set()
        for task in joining:
            task.cancel()
        await asyncio.gather(*joining, return_exceptions=True)

    def _follow_list(self, listed: Listed) -> None:
        """Join accounts that are new since the last list, let go of those that are gone."""
        assert self.caller is not None
        if self.caller.user.pk not in listed.things:
            self.outbound.close(NOT_YOURS)
            return
        now = set(listed.things[self.caller.user.pk])
        for account_id in self._accounts - now:
            self.hub.unwatch(self.outbound, account_stream(account_id))
        new, since = now - self._accounts, self._listed_at
        self._accounts, self._listed_at = now, listed.cursor
        if new:
            task = asyncio.create_task(self.carefully(self._join_late(new, since)))
            self._joining.add(task)
            task.add_done_callback(self._joining.discard)

    async def _join_late(self, new: Collection[UUID], since: int) -> None:
        """An account that the last list did not have is told of after that list's cursor, orders and all."""
        self._join(new, await self.catch_up(self._streams(new), since))

    def _join(self, account_ids: Collection[UUID], place: int) -> None:
        if not self.outbound.is_closed:  # the hub has let the socket go
            for account_id in self._accounts & set(account_ids):
                self.hub.join(self.outbound, account_stream(account_id), place)

    def _streams(self, account_ids: Collection[UUID]) -> set[str]:
        return {account_stream(account_id) for account_id in account_ids}


_readable = database_sync_to_async(readable_accounts)
_with_orders = database_sync_to_async(accounts_with_orders)
