"""Profit and loss on screens: each account that sockets look at is marked once, whatever their number, never stored.

One per event loop with such sockets; nothing is read while there are none.
"""

import asyncio
import json
import logging
import time
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from accounts.facts import told_at
from accounts.models import TradingAccount
from core.exact import PRICE_SCALE, plain
from core.streams.sockets import Outbound, text_message
from market.services.interest import want_prices
from trading.selectors.survey import Holding, Surveyed, survey

logger = logging.getLogger(__name__)

# Prices come once a second; a newcomer is told sooner, but no round follows another at once.
ROUND_SECONDS = 1.0
LEAST_SECONDS = 0.25
# How often the feed is asked to go on fetching the prices of what is held.
WANT_SECONDS = 60.0

TOPIC = "pnl"

Body = dict[str, Any]


class Profits:
    """The accounts that the sockets of one event loop look at. Its methods are called in that loop."""

    def __init__(self) -> None:
        self._lookers: dict[UUID, set[Outbound]] = {}
        self._newest: dict[UUID, Body] = {}
        self._is_new = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._wanted_at = -WANT_SECONDS

    def join(self, socket: Outbound, account_id: UUID) -> None:
        """Tell the socket what the account is worth, at once where it is known, then each time that it changes."""
        self._lookers.setdefault(account_id, set()).add(socket)
        newest = self._newest.get(account_id)
        if newest is not None:
            socket.offer_newest(TOPIC, text_message(_text(newest, now=timezone.now())))
        else:
            self._is_new.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def leave(self, socket: Outbound, account_id: UUID) -> None:
        """Tell the socket nothing more; the last one ends the marking."""
        lookers = self._lookers.get(account_id, set())
        lookers.discard(socket)
        if not lookers:
            self._lookers.pop(account_id, None)
            self._newest.pop(account_id, None)
        if not self._lookers and self._task is not None:
            _profits.pop(asyncio.get_running_loop(), None)
            task, self._task = self._task, None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        """Mark again and again. Whatever fails costs a round, never the marking."""
        while True:
            self._is_new.clear()
            try:
                await self._round()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("profits cannot be read: %s", type(error).__name__)
            except Exception:
                logger.exception("a round of profits failed")
            await asyncio.sleep(LEAST_SECONDS)
            try:
                async with asyncio.timeout(ROUND_SECONDS - LEAST_SECONDS):
                    await self._is_new.wait()
            except TimeoutError:
                continue

    async def _round(self) -> None:
        now, moment = timezone.now(), time.monotonic()
        is_wanting = moment - self._wanted_at >= WANT_SECONDS
        found = await _read(frozenset(self._lookers), now=now, is_wanting=is_wanting)
        self._wanted_at = moment if is_wanting else self._wanted_at
        for account_id, body in found.items():
            # Who left while it was read is told nothing; who stays is told what is new.
            if account_id in self._lookers and self._newest.get(account_id) != body:
                self._newest[account_id] = body
                message = text_message(_text(body, now=now))
                for socket in self._lookers[account_id]:
                    socket.offer_newest(TOPIC, message)


def read_profits(account_ids: Collection[UUID], *, now: datetime, is_wanting: bool) -> dict[UUID, Body]:
    """Return what `pnl_update` says of accounts, by id; the statements do not grow with their number.

    With `is_wanting` the feed goes on fetching the prices of what they hold.
    """
    surveyed = survey(TradingAccount.objects.living().filter(pk__in=account_ids), now=now)
    if is_wanting:
        want_prices({holding.instrument_id for one in surveyed.values() for holding in one.holdings}, now=now)
    return {account_id: _body(one) for account_id, one in surveyed.items()}


def _body(account: Surveyed) -> Body:
    """Return the message but for its time. What depends on a price that is not known is null."""
    is_priced = account.is_priced
    return {
        "type": "pnl_update",
        "account_id": str(account.account_id),
        "currency": account.currency,
        "balance": plain(account.balance),
        "equity": plain(account.equity) if is_priced else None,
        "unrealized_pnl": plain(account.open_profit) if is_priced else None,
        "total_pnl": plain(account.pnl) if is_priced else None,
        "positions": [_position(holding) for holding in account.holdings],
    }


def _position(holding: Holding) -> Body:
    return {
        "symbol": holding.symbol,
        "current_price": None if holding.mark is None else plain(holding.mark, decimals=PRICE_SCALE),
        "notional": plain(holding.notional) if holding.is_priced else None,
        "unrealized_pnl": plain(holding.profit) if holding.is_priced else None,
    }


def _text(body: Body, *, now: datetime) -> str:
    return json.dumps({**body, "timestamp": told_at(now)}, separators=(",", ":"))


_read = database_sync_to_async(read_profits)
_profits: dict[asyncio.AbstractEventLoop, Profits] = {}


def profits() -> Profits:
    """Return the profits of the running event loop; to be joined at once."""
    return _profits.setdefault(asyncio.get_running_loop(), Profits())
